using System.Text.Json;
using Microsoft.EntityFrameworkCore;
using Npgsql;
using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Merchants.Wire;
using PspGateway.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Storage.StepUps;

namespace PspGateway.Merchants;

/// <param name="Amount">Null for a cancel, which is always of what is left.</param>
/// <param name="OnlyBeforeApproval">Cancel nothing that is authorised.</param>
internal sealed record ModificationOrder(OperationKind Kind, MerchantOrderId Reference, Money? Amount, bool OnlyBeforeApproval);

/// <summary>What became of one try to accept a capture, refund or cancel.</summary>
internal abstract record ModificationVerdict
{
    private ModificationVerdict()
    {
    }

    /// <summary>Accepted, with the key: it will be done.</summary>
    public sealed record Ordered(Guid PaymentId, Guid OperationId, long Generation) : ModificationVerdict;

    /// <summary>Done, and its answer stored with it.</summary>
    public sealed record Answered(StoredResponse Response) : ModificationVerdict;

    /// <summary>Nothing was written.</summary>
    public sealed record Refused(StoredResponse Response) : ModificationVerdict;

    /// <summary>The payment is on its way to where this is decided: try again. <paramref name="Response"/> is for when no time is left.</summary>
    public sealed record NotYet(StoredResponse Response) : ModificationVerdict;
}

/// <summary>
/// Accepts captures, refunds and cancels, each in one transaction that holds the payment's row: whatever comes at once is decided one after
/// the other, on amounts that count what was accepted before (ENGINE 18).
/// </summary>
internal sealed partial class ModificationOrders(
    IDbContextFactory<GatewayDbContext> contexts, Idempotency idempotency, ModificationAcceptance acceptance, IWallet wallet, PendingAnswers answers, QueueSignal signal, ILogger<ModificationOrders> logger)
{
    private const string Reason = "CancelledByMerchant";

    public async Task<ModificationVerdict> TryAsync(IdempotentRequest request, ModificationOrder order)
    {
        await using var db = await contexts.CreateDbContextAsync();
        await using var transaction = await db.Database.BeginTransactionAsync();
        var payment = await db.Payments
            .FromSql($"select p.*, p.xmin from payments p where p.merchant_serial_number = {request.Merchant} and p.reference = {order.Reference.Value} for update")
            .SingleOrDefaultAsync();
        if (payment is null)
        {
            return new ModificationVerdict.Refused(MerchantProblems.NotFound());
        }

        var at = await db.Database.SqlQuery<DateTimeOffset>($"select clock_timestamp() as \"Value\"").SingleAsync();
        var (verdict, after) = (order.Kind, payment.State) switch
        {
            // Decided, and not known to be delivered yet: a moment later it is one or the other.
            (_, PaymentState.Approved) => (new ModificationVerdict.NotYet(WrongState(payment)), null),
            (OperationKind.Cancel, PaymentState.Created or PaymentState.Initiated or PaymentState.StepUp) => (await TerminateAsync(db, request, payment, at), null),
            (OperationKind.Cancel, PaymentState.Authorising) => await OverruleAsync(db, request, payment, at),
            _ => (await AcceptAsync(db, request, order, payment, at), (Action?)null),
        };
        if (verdict is ModificationVerdict.Answered or ModificationVerdict.Ordered)
        {
            var ordered = verdict is ModificationVerdict.Ordered;
            Failpoint.Here(ordered ? "order.before-commit" : "merchant-end.before-commit", payment.Id);
            await db.SaveChangesAsync();
            await transaction.CommitAsync();
            Failpoint.Here(ordered ? "order.after-commit" : "merchant-end.after-commit", payment.Id);
            after?.Invoke();
        }

        return verdict;
    }

    public static StoredResponse Answer(Payment payment) => new(
        StatusCodes.Status200OK,
        "application/json",
        JsonSerializer.SerializeToUtf8Bytes(
            new ModificationAnswer
            {
                Amount = ReadPayment.Amount(payment, payment.AmountMinor),
                State = ReadPayment.StateOf(payment.State),
                Aggregate = ReadPayment.AggregateOf(payment),
                PspReference = payment.PspTransactionId.ToString(),
                Reference = payment.Reference,
            },
            MerchantJson.Default.ModificationAnswer));

    /// <summary>Nobody has been asked for money: the payment just ends. A token that still comes gets FAIL 85.</summary>
    private async Task<ModificationVerdict> TerminateAsync(GatewayDbContext db, IdempotentRequest request, Payment payment, DateTimeOffset at)
    {
        if (payment.State == PaymentState.StepUp && db.Database.GetDbConnection() is NpgsqlConnection connection)
        {
            await StepUpEnd.RunAsync(connection, payment.Id, CancellationToken.None);
        }

        payment.Move(PaymentMove.Terminate, PaymentEventName.Terminated, at, reason: Reason, idempotencyKey: request.Key);
        LogTerminated(payment.PspTransactionId);
        return Answered(db, request, payment, at);
    }

    /// <summary>The acquirer is being asked: this decides the answer, and an approval is reversed (ENGINE 10).</summary>
    private async Task<(ModificationVerdict Verdict, Action? After)> OverruleAsync(GatewayDbContext db, IdempotentRequest request, Payment payment, DateTimeOffset at)
    {
        var body = wallet.AnswerFail(payment.PspTransactionId, DeclineReason.TooLate);
        var operationId = payment.AuthoriseOperationId ?? throw new InvalidOperationException($"Payment {payment.Id:N} is Authorising without an authorise.");
        var decision = new Decision { OperationId = operationId, Move = PaymentMove.Terminate, Event = PaymentEventName.Terminated, Reason = Reason, FailBody = body };
        if (db.Database.GetDbConnection() is not NpgsqlConnection connection || !await DecisionWrite.RunAsync(connection, decision, CancellationToken.None))
        {
            // An answer is stored already, and the payment is about to show it.
            return (new ModificationVerdict.NotYet(WrongState(payment)), null);
        }

        await db.Entry(payment).ReloadAsync();
        return (Answered(db, request, payment, at), () =>
        {
            LogOverruled(payment.PspTransactionId);
            answers.Find(payment.Id)?.Decide(new StoredAnswer(operationId, Domain.Operations.Answer.Fail, body));
            signal.Set();
        });
    }

    private async Task<ModificationVerdict> AcceptAsync(GatewayDbContext db, IdempotentRequest request, ModificationOrder order, Payment payment, DateTimeOffset at)
    {
        var kind = order.Kind;
        if (order.OnlyBeforeApproval && payment.State == PaymentState.Authorised)
        {
            return new ModificationVerdict.Refused(WrongState(payment));
        }

        switch (await acceptance.TryAsync(db, payment, kind, order.Amount, request.Key, at))
        {
            case Acceptance.Accepted accepted:
                db.IdempotencyKeys.Add(idempotency.Claim(request, payment.Id, at, accepted.Operation.Id));
                return new ModificationVerdict.Ordered(payment.Id, accepted.Operation.Id, Generation: 1);

            case Acceptance.Refused { Why: ModificationRefusal.AuthorisationEnded } refused:
                return new ModificationVerdict.Refused(MerchantProblems.AuthorisationEnded(refused.CaptureBefore));

            case Acceptance.Refused refused:
                return new ModificationVerdict.Refused(ProblemOf(refused.Why, kind, payment));

            case var other:
                throw new InvalidOperationException($"Unknown acceptance {other.GetType().Name}.");
        }
    }

    private static ModificationVerdict.Answered Answered(GatewayDbContext db, IdempotentRequest request, Payment payment, DateTimeOffset at)
    {
        var response = Answer(payment);
        db.IdempotencyKeys.Add(Idempotency.Answered(request, payment.Id, response, at));
        return new ModificationVerdict.Answered(response);
    }

    private static StoredResponse ProblemOf(ModificationRefusal refusal, OperationKind kind, Payment payment) => refusal switch
    {
        ModificationRefusal.WrongState => WrongState(payment),
        ModificationRefusal.TooMuch when kind == OperationKind.Refund => MerchantProblems.TooMuch($"{payment.Balance.RefundableMinor} øre are captured and not refunded"),
        ModificationRefusal.TooMuch => MerchantProblems.TooMuch($"{payment.Balance.CapturableMinor} øre are left to capture"),
        ModificationRefusal.NothingLeft => MerchantProblems.NothingLeft(),
        ModificationRefusal.Unresolved => MerchantProblems.OperationUnresolved(),
        ModificationRefusal.CapturedBefore => MerchantProblems.CapturedBefore(),
        ModificationRefusal.TooMany => MerchantProblems.TooManyOperations(),
        _ => throw new ArgumentOutOfRangeException(nameof(refusal), refusal, "No problem for this."),
    };

    private static StoredResponse WrongState(Payment payment) => MerchantProblems.WrongState(
        ReadPayment.StateOf(payment.State),
        payment.State == PaymentState.Authorised ? "it is authorised" : PaymentMoves.IsFinal(payment.State) ? "the payment has ended" : "the payment is not authorised yet");

    [LoggerMessage(7402, LogLevel.Information, "Payment {PspTransactionId}: cancelled by the merchant before its approval.")]
    private partial void LogTerminated(PspTransactionId pspTransactionId);

    [LoggerMessage(7403, LogLevel.Information, "Payment {PspTransactionId}: cancelled by the merchant while the acquirer is asked; an approval is reversed.")]
    private partial void LogOverruled(PspTransactionId pspTransactionId);
}
