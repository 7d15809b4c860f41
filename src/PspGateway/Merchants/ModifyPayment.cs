using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Merchants.Wire;
using PspGateway.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;

namespace PspGateway.Merchants;

/// <summary>
/// POST …/{reference}/capture, /refund and /cancel. The operation, the payment's amounts and the key commit together; then the request
/// waits for the acquirer, and answers with the amounts as they are, done or not (CONTRACT).
/// </summary>
internal sealed partial class ModifyPayment(
    IDbContextFactory<GatewayDbContext> contexts, Idempotency idempotency, ModificationOrders orders, ModificationWaits waits, QueueSignal signal, TimeProvider time, ILogger<ModifyPayment> logger)
{
    private static readonly TimeSpan WaitAtMost = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    public async Task<StoredResponse> HandleAsync(OperationKind kind, string reference, HttpContext context)
    {
        var merchant = MerchantFilter.Of(context).MerchantSerialNumber;
        var started = time.GetTimestamp();
        var (body, unread) = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        if (unread is not null)
        {
            return unread;
        }

        // Neither is stored: a key has to be one, and nothing can have a name that is none.
        var named = MerchantOrderId.TryParse(reference, out var id);
        var scope = $"POST /epayment/v1/payments/{{reference}}/{WordOf(kind)} {(named ? id.Value : "")}";
        if (IdempotentRequest.From(context.Request, merchant, scope, body) is not { } request)
        {
            return MerchantProblems.InvalidHeader(IdempotentRequest.Header, $"must be there once, 1 to {IdempotentRequest.MaxKeyLength} printable ASCII characters");
        }

        if (!named)
        {
            return MerchantProblems.NotFound();
        }

        // From here on nothing is tied to the caller's connection: what is begun is finished, and stored for its repeat.
        return await idempotency.LookUpAsync(request, CancellationToken.None) switch
        {
            KeyState.Answered answered => answered.Response,
            KeyState.Resume { OperationId: { } operationId } resume => await AnswerAsync(request, kind, new ModificationVerdict.Ordered(resume.PaymentId, operationId, resume.Generation), started),
            _ => await OrderAsync(request, kind, id, body, started),
        };
    }

    private async Task<StoredResponse> OrderAsync(IdempotentRequest request, OperationKind kind, MerchantOrderId id, byte[] body, long started)
    {
        ModificationOrder order;
        try
        {
            order = kind == OperationKind.Cancel
                ? new ModificationOrder(kind, id, null, ModificationCall.OnlyBeforeApproval(body))
                : new ModificationOrder(kind, id, ModificationCall.Amount(body), OnlyBeforeApproval: false);
        }
        catch (InvalidFieldException exception)
        {
            return await RefuseAsync(request, MerchantProblems.InvalidField(exception.Field, exception.Reason));
        }
        catch (JsonException)
        {
            return await RefuseAsync(request, MerchantProblems.NotJson());
        }

        while (true)
        {
            ModificationVerdict verdict;
            try
            {
                verdict = await orders.TryAsync(request, order);
            }
            catch (DbUpdateException exception) when (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation, TableName: "idempotency_keys" })
            {
                return await WaitForTheFirstAsync(request, kind, started);
            }

            switch (verdict)
            {
                case ModificationVerdict.Answered answered:
                    return answered.Response;
                case ModificationVerdict.Refused refused:
                    return await RefuseAsync(request, refused.Response);
                case ModificationVerdict.Ordered ordered:
                    signal.Set();
                    LogOrdered(new PspTransactionId(ordered.PaymentId), kind, ordered.OperationId);
                    return await AnswerAsync(request, kind, ordered, started);
                case ModificationVerdict.NotYet notYet when time.GetElapsedTime(started) >= WaitAtMost:
                    return await RefuseAsync(request, notYet.Response);
                default:
                    await Task.Delay(LookEvery, time);
                    break;
            }
        }
    }

    /// <summary>Waits for the acquirer as long as it may, and stores the answer with the state that it describes.</summary>
    private async Task<StoredResponse> AnswerAsync(IdempotentRequest request, OperationKind kind, ModificationVerdict.Ordered ordered, long started)
    {
        using var step = PaymentTrace.Step($"{WordOf(kind)} request", new PspTransactionId(ordered.PaymentId));
        var left = WaitAtMost - time.GetElapsedTime(started);
        await waits.UntilEndedAsync(ordered.OperationId, left > TimeSpan.Zero ? left : TimeSpan.Zero);
        await using var db = await contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var payment = await db.Payments.FromSql($"select p.*, p.xmin from payments p where p.id = {ordered.PaymentId} for update").AsNoTracking().SingleAsync();
        var failed = await db.Operations.AnyAsync(o => o.Id == ordered.OperationId && o.Status == OperationStatus.Failed);
        var response = failed ? MerchantProblems.FailedAtAcquirer(WordOf(kind)) : ModificationOrders.Answer(payment);
        if (!await Idempotency.AnswerAsync(db, request, ordered.Generation, response, CancellationToken.None))
        {
            // Another process holds the key now: its answer is the merchant's.
            await transaction.RollbackAsync();
            return await WaitForTheFirstAsync(request, kind, started);
        }

        Failpoint.Here("modify-answer.before-commit", ordered.PaymentId);
        await transaction.CommitAsync();
        Failpoint.Here("modify-answer.after-commit", ordered.PaymentId);
        return response;
    }

    private async Task<StoredResponse> WaitForTheFirstAsync(IdempotentRequest request, OperationKind kind, long started) => await idempotency.LookUpAsync(request, CancellationToken.None) switch
    {
        KeyState.Answered answered => answered.Response,
        KeyState.Resume { OperationId: { } operationId } resume => await AnswerAsync(request, kind, new ModificationVerdict.Ordered(resume.PaymentId, operationId, resume.Generation), started),
        _ => MerchantProblems.StillRunning().WithRetryAfter(1),
    };

    private Task<StoredResponse> RefuseAsync(IdempotentRequest request, StoredResponse response) => idempotency.RefuseAsync(request, response, CancellationToken.None);

    private static string WordOf(OperationKind kind) => kind switch
    {
        OperationKind.Capture => "capture",
        OperationKind.Refund => "refund",
        OperationKind.Cancel => "cancel",
        _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "No route for this."),
    };

    [LoggerMessage(7401, LogLevel.Information, "Payment {PspTransactionId}: {Kind} accepted, operation {OperationId}.")]
    private partial void LogOrdered(PspTransactionId pspTransactionId, OperationKind kind, Guid operationId);
}
