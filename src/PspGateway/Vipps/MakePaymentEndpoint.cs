using System.Security.Claims;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Vipps.Wire;

namespace PspGateway.Vipps;

/// <summary>
/// Where Vipps posts the card's network token. The answer is the authorisation's result, so it must come within Vipps' 15 s; ours comes
/// within 12, counted from when the request's first byte was read, and OK within 12 from when that came, whatever else is broken.
/// </summary>
internal sealed partial class MakePaymentEndpoint(
    IPaymentStore store,
    Approvals approvals,
    Refusals refusals,
    LateRefusals lateRefusals,
    DeliveredMarks marks,
    LateDecisions late,
    IOptions<VippsOptions> vipps,
    IOptions<DeadlineOptions> deadlines,
    TimeProvider time,
    ILogger<MakePaymentEndpoint> logger)
{
    private static readonly TimeSpan Noticeable = TimeSpan.FromSeconds(0.5);

    public static void Map(IEndpointRouteBuilder routes) => routes
        .MapPost("/vipps/make-payment", (HttpContext context, MakePaymentEndpoint endpoint) => endpoint.HandleAsync(context))
        .RequireAuthorization(new AuthorizeAttribute { AuthenticationSchemes = MakePaymentAuthentication.Scheme })
        .WithTags("Vipps").WithSummary("Vipps hands over the network token, or says that the customer did not approve")
        .WithDescription("Business outcomes are 200. The answer comes within 12 s of the first byte; the same call again gets the same answer.")
        .WithMetadata(new AcceptsMetadata([], typeof(MakePaymentBody)))
        .Produces<MakePaymentAnswerBody>().Produces(400).Produces(401).Produces(408).Produces(413);

    internal async Task HandleAsync(HttpContext context)
    {
        var now = time.GetTimestamp();
        var (firstByte, firstRead) = context.Features.Get<IFirstByteFeature>() is { } stamp ? (stamp.FirstByte, stamp.FirstRead) : (now, now);
        var (deadline, own) = (new AnswerDeadline(time, firstRead, deadlines.Value), new AnswerDeadline(time, firstByte, deadlines.Value));
        var (body, status) = await MakePaymentRequest.ReadBodyAsync(context);
        if (body is null)
        {
            // What is left of the body is not waited for.
            context.Response.StatusCode = status;
            context.Response.Headers.Connection = "close";
            return;
        }

        var call = MakePaymentCall.Parse(body.Value);
        if (call is null)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        if (!PspTransactionId.TryParse(context.User.FindFirstValue(JwtRegisteredClaimNames.Sub), out var id) || !IsForToken(call, id, context.User))
        {
            LogMismatch(call.Id?.ToString() ?? "none");
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        if (time.GetElapsedTime(firstByte, firstRead) is var unread && unread > Noticeable)
        {
            LogUnread(id, unread.TotalSeconds);
        }

        using var step = PaymentTrace.Step("make-payment", id);
        Failpoint.Here("callback.received", id.Value);
        if (await FindAsync(id, call, context, deadline) is not { } found)
        {
            context.Response.StatusCode = StatusCodes.Status401Unauthorized;
            return;
        }

        Failpoint.Here("callback.found", id.Value);
        var answer = found.Answer ?? await DecideAsync(found.Payment, call, id, context.Request, deadline, own);
        var (decision, errorId) = MakePaymentAnswer.Read(answer.Body);
        if (decision == "ok" && (answer.OkOf?.Deadline ?? deadline).UntilLastOk == TimeSpan.Zero)
        {
            // A process that was held up between its decision and here (ENGINE 8): no OK leaves so late.
            answer = approvals.TakeBack(id, answer);
            (decision, errorId) = MakePaymentAnswer.Read(answer.Body);
        }

        GatewayMeter.Answered(decision, errorId, time.GetElapsedTime(firstByte), atDeadline: decision == "fail" && !(deadline.IsOpen && own.IsOpen));
        Failpoint.Here("answer.before-first-byte", id.Value);
        await WriteAsync(context, answer);
    }

    /// <summary>The payment, or what to answer when the database does not say; null when the token is not the one issued for it.</summary>
    private async Task<(CallbackPayment? Payment, AnswerToGive? Answer)?> FindAsync(PspTransactionId id, MakePaymentCall call, HttpContext context, AnswerDeadline deadline)
    {
        CallbackPayment? payment;
        try
        {
            // A no has the same answer whenever it is stored, so it can wait: what is in the database needs nobody to remember it.
            payment = call.State is VippsPaymentState.Accepted or VippsPaymentState.Unknown
                ? await store.ReadAsync(id.Value).WaitAsync(deadline.UntilStopWaiting, time)
                : await deadline.PatientlyAsync(limit => store.ReadAloneAsync(Pool.Callback, id.Value, limit), away => LogWaits(away, id));
        }
        catch (Exception exception)
        {
            // ENGINE 2: nothing was accepted, so nothing is held. Whoever cannot show a verified token never gets here.
            LogDatabaseGone(exception, id);
            var reason = ToldBefore(id, context.Request) ?? (exception is TimeoutException ? DeclineReason.TooLate : DeclineReason.InternalError);
            await RememberRefusalAsync(id, call, context.Request, reason, deadline);
            return (null, Fail(id, call switch
            {
                { State: VippsPaymentState.Accepted, Token: null } => VippsErrorId.InvalidRequest,
                { State: VippsPaymentState.Accepted } => VippsErrorId.Of(reason),
                _ => StatusOf(call.State),
            }));
        }

        var hash = TokenHashOf(context.Request);
        PlantedBug.CompareTokensPlainly(hash, payment?.CallbackTokenHash ?? hash);
        return payment is not null && CryptographicOperations.FixedTimeEquals(hash, payment.CallbackTokenHash) ? (payment, null) : null;
    }

    private async Task<AnswerToGive> DecideAsync(CallbackPayment? payment, MakePaymentCall call, PspTransactionId id, HttpRequest request, AnswerDeadline deadline, AnswerDeadline own)
    {
        // Whatever else is wrong with a TIMEOUT or a cancel, its token names the payment, and it is answered 93 always.
        if (payment is null || call.State == VippsPaymentState.Unknown)
        {
            LogInvalid(id, string.Join(", ", call.Invalid));
            return Fail(id, VippsErrorId.InvalidRequest);
        }

        try
        {
            if (call is { State: VippsPaymentState.Accepted, Token: { } token })
            {
                return lateRefusals.Find(payment.Id) is { } refusal
                    ? Fail(id, VippsErrorId.Of(refusal.Told))
                    : await approvals.AnswerAsync(payment, new Approval(token, call.CardBin, call.Addresses), deadline, own);
            }

            if (call.State == VippsPaymentState.Accepted)
            {
                return await RejectAsync(payment, call, id, deadline);
            }

            var (move, name, reason) = RefusalOf(call, DeclineReason.TooLate);
            if (!await deadline.PatientlyAsync(limit => refusals.RefuseAsync(payment, move, name, reason, limit), away => LogWaits(away, id)))
            {
                await RememberRefusalAsync(id, call, request, DeclineReason.TooLate, deadline);
            }
        }
        catch (Exception exception)
        {
            LogFailed(exception, id);
            await RememberRefusalAsync(id, call, request, DeclineReason.TooLate, deadline);
            if (call.State == VippsPaymentState.Accepted)
            {
                return Fail(id, call.Token is null ? VippsErrorId.InvalidRequest : VippsErrorId.Of(DeclineReason.TooLate));
            }
        }

        return Fail(id, StatusOf(call.State));
    }

    /// <summary>An approval that lacks something: its FAIL ends a payment that still waits for a token, and touches nothing that another call has begun.</summary>
    private async Task<AnswerToGive> RejectAsync(CallbackPayment payment, MakePaymentCall call, PspTransactionId id, AnswerDeadline deadline)
    {
        LogInvalid(id, string.Join(", ", call.Invalid));
        if (payment.State is PaymentState.Created or PaymentState.Initiated or PaymentState.StepUp)
        {
            await store.MoveAsync(Pool.Callback, payment.Id, PaymentMove.Decline, PaymentEventName.Declined, nameof(VippsErrorId.InvalidRequest), CancellationToken.None).WaitAsync(deadline.UntilStopWaiting, time);
        }

        return Fail(id, VippsErrorId.InvalidRequest);
    }

    /// <summary>What was answered without being stored is stored as soon as it can be: a no of the customer's, or our own FAIL to an ACCEPTED.</summary>
    private async Task RememberRefusalAsync(PspTransactionId id, MakePaymentCall call, HttpRequest request, DeclineReason told, AnswerDeadline deadline)
    {
        if (call.State == VippsPaymentState.Unknown)
        {
            return;
        }

        var (move, name, reason) = RefusalOf(call, told);
        var refusal = new LateRefusal(id.Value, TokenHashOf(request), move, name, reason, time.GetTimestamp());
        await lateRefusals.RememberAsync(refusal, deadline.ForAFile);
    }

    private static (PaymentMove Move, PaymentEventName Name, string Reason) RefusalOf(MakePaymentCall call, DeclineReason told) => call.State switch
    {
        VippsPaymentState.Accepted => (PaymentMove.Decline, PaymentEventName.Declined, call.Token is null ? nameof(VippsErrorId.InvalidRequest) : $"{told}"),
        VippsPaymentState.Timeout => (PaymentMove.Expire, PaymentEventName.Expired, $"Vipps: {call.State}"),
        _ => (PaymentMove.Abort, PaymentEventName.Aborted, $"Vipps: {call.State}"),
    };

    /// <summary>What the same call was answered in the same outage, so that it hears that again; null: nothing that this process knows.</summary>
    private DeclineReason? ToldBefore(PspTransactionId id, HttpRequest request) =>
        lateRefusals.Find(id.Value) is { } refusal && CryptographicOperations.FixedTimeEquals(refusal.TokenHash, TokenHashOf(request)) ? refusal.Told : approvals.FailTold(id.Value);

    private static byte[] TokenHashOf(HttpRequest request) => MakePaymentTokens.Hash(MakePaymentAuthentication.TokenOf(request) ?? "");

    private async Task WriteAsync(HttpContext context, AnswerToGive answer)
    {
        context.Response.ContentType = "application/json";
        context.Response.ContentLength = answer.Body.Length;
        if (answer.OkOf is null)
        {
            await context.Response.Body.WriteAsync(answer.Body, CancellationToken.None);
            return;
        }

        try
        {
            var flushed = await context.Response.BodyWriter.WriteAsync(answer.Body, CancellationToken.None);
            await context.Response.CompleteAsync();
            Failpoint.Here("answer.after-completion", answer.OkOf.PaymentId);

            // Kestrel's writes raise nothing when the client has gone: the signalled token is the error (ENGINE 9), and as it stays silent from the
            // last write on, a flush that found the connection ended. A process that was held up while it wrote does not know who still listened.
            if (!flushed.IsCompleted && !context.RequestAborted.IsCancellationRequested && !answer.OkOf.Deadline.IsOver)
            {
                marks.Add(answer.OkOf);
                return;
            }
        }
        catch (Exception exception) when (exception is IOException or OperationCanceledException or InvalidOperationException)
        {
            LogNotWritten(exception);
        }

        late.Doubt(answer.OkOf);
    }

    /// <summary>A member that is missing is an invalid request; one that names another payment or merchant is a stranger's.</summary>
    private static bool IsForToken(MakePaymentCall call, PspTransactionId id, ClaimsPrincipal user) =>
        (call.Id is null || call.Id == id) && (call.Merchant is null || call.Merchant.Value.Value == user.FindFirstValue(MakePaymentTokens.MerchantClaim));

    private static VippsErrorId StatusOf(VippsPaymentState state) => state switch
    {
        VippsPaymentState.Timeout => VippsErrorId.StatusFromVipps("TIMEOUT"),
        VippsPaymentState.UserCancel => VippsErrorId.StatusFromVipps("CANCEL"),
        VippsPaymentState.No => VippsErrorId.StatusFromVipps("NO"),
        _ => VippsErrorId.InvalidRequest,
    };

    private AnswerToGive Fail(PspTransactionId id, VippsErrorId error) => new(MakePaymentAnswer.Fail(id, error, vipps.Value.ErrorIdAsString));

    [LoggerMessage(1001, LogLevel.Warning, "makePayment: the body names another payment ({PspTransactionId}) or merchant than its token.")]
    private partial void LogMismatch(string pspTransactionId);

    [LoggerMessage(1002, LogLevel.Warning, "Payment {PspTransactionId}: makePayment failed validation: {Members}.")]
    private partial void LogInvalid(PspTransactionId pspTransactionId, string members);

    [LoggerMessage(1003, LogLevel.Error, "Payment {PspTransactionId}: the database is gone before accept; answering FAIL.")]
    private partial void LogDatabaseGone(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(1004, LogLevel.Error, "Payment {PspTransactionId}: makePayment failed; answering FAIL.")]
    private partial void LogFailed(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(1006, LogLevel.Error, "Payment {PspTransactionId}: a TIMEOUT or cancel could not be stored at once; it is tried again before it is answered.")]
    private partial void LogWaits(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(1005, LogLevel.Warning, "An OK could not be written to its connection.")]
    private partial void LogNotWritten(Exception exception);

    [LoggerMessage(1007, LogLevel.Warning, "Payment {PspTransactionId}: makePayment lay unread for {Seconds:F1} s: this process stood still, or had no processor. What an approval begins is as old as that.")]
    private partial void LogUnread(PspTransactionId pspTransactionId, double seconds);
}
