using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using Npgsql;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;
using PspGateway.Merchants.Wire;
using PspGateway.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Rows;
using PspGateway.Vault;

namespace PspGateway.Merchants;

/// <summary>
/// POST /epayment/v1/payments. The payment is stored before Vipps hears of it; a call that broke off resumes under the same key; what Vipps
/// answered is stored with the answer to the merchant, in one transaction (ENGINE 20).
/// </summary>
internal sealed partial class CreatePayment(
    IDbContextFactory<GatewayDbContext> contexts,
    Idempotency idempotency,
    IWallet wallet,
    IAcquirer acquirer,
    FieldSealer sealer,
    IOptions<PaymentOptions> payments,
    IOptions<GatewayOptions> gateway,
    TimeProvider time,
    ILogger<CreatePayment> logger)
{
    private const string Scope = "POST /epayment/v1/payments";
    private const int MostTries = 2;
    private static readonly TimeSpan InitiateWithin = TimeSpan.FromSeconds(10);

    public async Task<StoredResponse> HandleAsync(HttpContext context)
    {
        var merchant = MerchantFilter.Of(context);
        var (body, unread) = await RequestBody.ReadAsync(context.Request, context.RequestAborted);
        if (unread is not null)
        {
            return unread;
        }

        if (IdempotentRequest.From(context.Request, merchant.MerchantSerialNumber, Scope, body) is not { } request)
        {
            return MerchantProblems.InvalidHeader(IdempotentRequest.Header, $"must be there once, 1 to {IdempotentRequest.MaxKeyLength} printable ASCII characters");
        }

        // From here on nothing is tied to the caller's connection: what is begun is finished, and stored for its repeat.
        return await idempotency.LookUpAsync(request, CancellationToken.None) switch
        {
            KeyState.Answered answered => answered.Response,
            KeyState.Resume resume => await InitiateAsync(request, await ReadAsync(resume.PaymentId), resume.Generation),
            _ => await CreateAsync(request, merchant, body, context.Request.Headers),
        };
    }

    private async Task<StoredResponse> CreateAsync(IdempotentRequest request, MerchantRow merchant, byte[] body, IHeaderDictionary headers)
    {
        CreatePaymentRequest call;
        try
        {
            call = CreatePaymentRequest.Parse(body, merchant.ReturnUrlOrigins);
        }
        catch (InvalidFieldException exception)
        {
            return await idempotency.RefuseAsync(request, MerchantProblems.InvalidField(exception.Field, exception.Reason), CancellationToken.None);
        }
        catch (JsonException)
        {
            return await idempotency.RefuseAsync(request, MerchantProblems.NotJson(), CancellationToken.None);
        }

        await using var db = await contexts.CreateDbContextAsync();
        var at = await db.Database.SqlQuery<DateTimeOffset>($"select clock_timestamp() as \"Value\"").SingleAsync();
        var payment = Payment.Create(Describe(call, merchant, headers, request.Key, at), at, payments.Value.ExpireAfter);
        using var step = PaymentTrace.Step("create", payment.PspTransactionId);
        db.Payments.Add(payment);
        db.IdempotencyKeys.Add(idempotency.Claim(request, payment.Id, at));
        try
        {
            Failpoint.Here("create.before-commit", payment.Reference);
            await db.SaveChangesAsync();
            Failpoint.Here("create.after-commit", payment.Reference);
        }
        catch (DbUpdateException exception) when (exception.InnerException is PostgresException { SqlState: PostgresErrorCodes.UniqueViolation } violation)
        {
            return violation.TableName == "idempotency_keys"
                ? await WaitForTheFirstAsync(request)
                : await idempotency.RefuseAsync(request, MerchantProblems.ReferenceUsed(call.Reference.Value), CancellationToken.None);
        }

        LogCreated(payment.PspTransactionId, merchant.MerchantSerialNumber, payment.AmountMinor);
        GatewayMeter.PaymentCreated();
        return await InitiateAsync(request, payment, generation: 1);
    }

    /// <summary>The same key, at the same moment: the other one was first.</summary>
    private async Task<StoredResponse> WaitForTheFirstAsync(IdempotentRequest request) => await idempotency.LookUpAsync(request, CancellationToken.None) switch
    {
        KeyState.Answered answered => answered.Response,
        KeyState.Resume resume => await InitiateAsync(request, await ReadAsync(resume.PaymentId), resume.Generation),
        _ => MerchantProblems.StillRunning().WithRetryAfter(1),
    };

    private NewPayment Describe(CreatePaymentRequest call, MerchantRow merchant, IHeaderDictionary headers, string idempotencyKey, DateTimeOffset at)
    {
        var id = new PspTransactionId(Guid.CreateVersion7(at));
        var number = MerchantSerialNumber.Parse(merchant.MerchantSerialNumber);
        var callback = wallet.IssueCallback(id, number, call.Amount, at);
        return new NewPayment
        {
            Id = id,
            MerchantSerialNumber = number,
            Reference = call.Reference,
            Amount = call.Amount,
            UserFlow = call.UserFlow,
            Description = call.Description,
            ReturnUrl = call.ReturnUrl,
            ReturnReference = WebEncoders.Base64UrlEncode(RandomNumberGenerator.GetBytes(24)),
            AcquirerAccount = merchant.AcquirerAccount ?? acquirer.DefaultAccount,
            SealedPhoneNumber = call.PhoneNumber is { } phone ? sealer.Seal(Encoding.ASCII.GetBytes(phone), PhoneContext(id.Value)) : null,
            MetadataJson = call.MetadataJson,
            ClientSystemJson = ClientSystem.From(headers),
            CallbackKeyId = callback.KeyId,
            CallbackExpiresAt = callback.ExpiresAt,
            CallbackTokenHash = callback.TokenHash,
            IdempotencyKey = idempotencyKey,
        };
    }

    private async Task<StoredResponse> InitiateAsync(IdempotentRequest request, Payment payment, long generation)
    {
        using var step = PaymentTrace.Step("initiate", payment.PspTransactionId);
        var initiation = new Initiation
        {
            Id = payment.PspTransactionId,
            Merchant = MerchantSerialNumber.Parse(payment.MerchantSerialNumber),
            Reference = MerchantOrderId.Parse(payment.Reference),
            Amount = payment.Amount,
            UserFlow = payment.UserFlow,
            Description = payment.Description,
            PhoneNumber = payment.SealedPhoneNumber is { } phone ? Encoding.ASCII.GetString(sealer.Open(phone, PhoneContext(payment.Id))) : null,
            CallbackKeyId = payment.CallbackKeyId,
            CallbackExpiresAt = payment.CallbackExpiresAt,
            ReturnPage = gateway.Value.Address($"/return/{payment.ReturnReference}"),
        };
        if (PaymentMoves.IsFinal(payment.State))
        {
            // A resumed create whose payment has ended meanwhile: Vipps is not asked for what nobody may pay any more.
            return await FinishAsync(request, payment.Id, new InitiationOutcome.AlreadyInitiated(), generation);
        }

        InitiationOutcome outcome = new InitiationOutcome.Unknown("not tried");
        for (var tries = 0; tries < MostTries && outcome is InitiationOutcome.Unknown; tries++)
        {
            using var timeout = new CancellationTokenSource(InitiateWithin / MostTries, time);
            outcome = await wallet.InitiateAsync(initiation, timeout.Token);
        }

        if (outcome is InitiationOutcome.Unknown unknown)
        {
            LogNoAnswer(payment.PspTransactionId, unknown.Why);
            await idempotency.ReleaseAsync(request, generation, CancellationToken.None);
            return MerchantProblems.NoAnswerFromVipps();
        }

        return await FinishAsync(request, payment.Id, outcome, generation);
    }

    /// <summary>The payment's new state and the answer to the merchant, in one transaction.</summary>
    private async Task<StoredResponse> FinishAsync(IdempotentRequest request, Guid paymentId, InitiationOutcome outcome, long generation)
    {
        await using var db = await contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var payment = await db.Payments.FromSql($"select p.*, p.xmin from payments p where p.id = {paymentId} for update").SingleAsync();
        var at = await db.Database.SqlQuery<DateTimeOffset>($"select clock_timestamp() as \"Value\"").SingleAsync();
        var response = Apply(payment, outcome, at);
        if (!await Idempotency.AnswerAsync(db, request, generation, response, CancellationToken.None))
        {
            // Another process holds the key now: its answer is the merchant's.
            await transaction.RollbackAsync();
            return await WaitForTheFirstAsync(request);
        }

        await db.SaveChangesAsync();
        Failpoint.Here("init-answer.before-commit", payment.Reference);
        await transaction.CommitAsync();
        Failpoint.Here("init-answer.after-commit", payment.Reference);
        return response;
    }

    private StoredResponse Apply(Payment payment, InitiationOutcome outcome, DateTimeOffset at)
    {
        switch (outcome)
        {
            case InitiationOutcome.Initiated initiated:
                payment.StoreInitAnswer(initiated.RedirectUrl, at, payments.Value.ExpireAfter);
                return Created(payment);

            case InitiationOutcome.AlreadyInitiated when payment.UserFlow == UserFlow.PushMessage && !PaymentMoves.IsFinal(payment.State):
                payment.StoreInitAnswer(null, at, payments.Value.ExpireAfter);
                return Created(payment);

            case InitiationOutcome.AlreadyInitiated:
                Terminate(payment, "InitAnswerLost", at);
                return MerchantProblems.InitAnswerLost();

            case InitiationOutcome.ReferenceTaken taken:
                Terminate(payment, "ReferenceKnownToVipps", at);
                return MerchantProblems.ReferenceKnownToVipps(taken.Text);

            case InitiationOutcome.Refused refused:
                Terminate(payment, "RefusedByVipps", at);
                return MerchantProblems.RefusedByVipps(refused.Text);

            default:
                throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}.");
        }
    }

    private static StoredResponse Created(Payment payment) => new(
        StatusCodes.Status201Created,
        "application/json",
        JsonSerializer.SerializeToUtf8Bytes(
            new CreatePaymentAnswer { RedirectUrl = payment.UserFlow == UserFlow.PushMessage ? null : payment.RedirectUrl, Reference = payment.Reference },
            MerchantJson.Default.CreatePaymentAnswer));

    private void Terminate(Payment payment, string reason, DateTimeOffset at)
    {
        // A token that was faster than init's answer has moved it on: then the callback decides.
        if (payment.State == PaymentState.Created)
        {
            payment.Move(PaymentMove.Terminate, PaymentEventName.Terminated, at, reason: reason);
            LogTerminated(payment.PspTransactionId, reason);
        }
    }

    private async Task<Payment> ReadAsync(Guid id)
    {
        await using var db = await contexts.CreateDbContextAsync();
        return await db.Payments.AsNoTracking().SingleAsync(p => p.Id == id);
    }

    private static string PhoneContext(Guid paymentId) => $"phone:{paymentId:N}";

    [LoggerMessage(7201, LogLevel.Information, "Payment {PspTransactionId}: created for merchant {Merchant}, {AmountMinor} øre.")]
    private partial void LogCreated(PspTransactionId pspTransactionId, string merchant, long amountMinor);

    [LoggerMessage(7202, LogLevel.Warning, "Payment {PspTransactionId}: no answer to init from Vipps: {Why}.")]
    private partial void LogNoAnswer(PspTransactionId pspTransactionId, string why);

    [LoggerMessage(7203, LogLevel.Warning, "Payment {PspTransactionId}: terminated, {Reason}.")]
    private partial void LogTerminated(PspTransactionId pspTransactionId, string reason);
}
