using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.StepUps;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;
using PspGateway.Storage.StepUps;
using PspGateway.Vault;

namespace PspGateway.Payments;

/// <summary>
/// Accepts a token and authorises it: commit the intent, call, record the outcome. A run belongs to no request: it goes on when the
/// client has gone, and a stop of the service waits for it.
/// </summary>
internal sealed partial class AuthoriseRunner(
    IPaymentStore store,
    TokenVault vault,
    AuthoriseCall call,
    StepUpAsk stepUp,
    StepUpStore stepUps,
    IWallet wallet,
    LateDecisions late,
    AcquirerNews news,
    QueueSignal signal,
    IOptions<OperationOptions> operations,
    IOptions<GatewayOptions> gateway,
    TimeProvider time,
    ILogger<AuthoriseRunner> logger) : IHostedService
{
    private const int RecordTries = 120;
    private static readonly TimeSpan StopWithin = TimeSpan.FromSeconds(8);
    private readonly ConcurrentDictionary<Guid, Task> _running = new();

    public void Start(CallbackPayment payment, Approval approval, PendingAnswer pending)
    {
        var run = RunAsync(payment, approval, pending);
        _running[pending.OperationId] = run;
        _ = run.ContinueWith(_ => _running.TryRemove(pending.OperationId, out var _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Waits for them, but not for ever: others have something to store on the way out, and what is accepted has its lease.</summary>
    public async Task StopAsync(CancellationToken cancellationToken) =>
        await Task.WhenAll(_running.Values).WaitAsync(StopWithin, time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);

    private async Task RunAsync(CallbackPayment payment, Approval approval, PendingAnswer pending)
    {
        var id = new PspTransactionId(payment.Id);
        using var step = PaymentTrace.Step("authorise", id);
        try
        {
            var binding = new TokenBinding(payment.Id, payment.MerchantSerialNumber, pending.OperationId);
            var number = (payment.Authorise?.Number ?? 0) + 1;
            var (verdict, sealedToken) = await AcceptAsync(payment, approval, binding, number, pending);
            pending.Accept(verdict);
            if (verdict != AcceptVerdict.Taken || sealedToken is null)
            {
                return;
            }

            // ENGINE 4: nothing is sent once the answer is closed. Whatever was accepted is undone without a call.
            if (!pending.TrySend())
            {
                late.Settle(pending);
                return;
            }

            var request = new AuthorisationRequest
            {
                IdempotencyKey = pending.OperationId.ToString("N"),
                Reference = $"{id}-{number}",
                Account = payment.AcquirerAccount,
                Amount = payment.Amount,
                Token = await vault.OpenAsync(sealedToken, binding, CancellationToken.None),
                Authentication = approval.AfterStepUp?.Result,
                ReturnUrl = gateway.Value.Address($"/return/{payment.ReturnReference}"),
                Again = false,
            };
            var outcome = await call.RunAsync(id, request, pending);
            if (outcome is AuthorisationOutcome.SoftDeclined soft && number == 1 && approval.Addresses is not null && await stepUp.TryAsync(payment, approval, soft.OpenReference, pending) is { } asked)
            {
                Asked(outcome, asked, pending);
                return;
            }

            await RecordAsync(id, request, outcome, pending);
        }
        catch (Exception exception)
        {
            // A bug or a broken part of ours. What was accepted stays in flight under its lease, and is recovered when that ends.
            pending.Accept(AcceptVerdict.Lost);
            LogBroken(exception, id);
        }
    }

    private async Task<(AcceptVerdict Verdict, SealedToken? Token)> AcceptAsync(CallbackPayment payment, Approval approval, TokenBinding binding, int number, PendingAnswer pending)
    {
        var id = new PspTransactionId(payment.Id);
        SealedToken sealedToken;
        try
        {
            sealedToken = await vault.SealAsync(approval.Token, binding, CancellationToken.None);
        }
        catch (Exception exception)
        {
            LogNotAccepted(exception, id);
            return (AcceptVerdict.NotWritten, null);
        }

        try
        {
            var accepted = new AcceptedToken
            {
                PaymentId = payment.Id,
                OperationId = pending.OperationId,
                Number = number,
                Sealed = sealedToken.Bytes,
                EpochId = sealedToken.EpochId,
                CardBin = approval.CardBin,
                Lease = operations.Value.Lease,
                Remaining = () => pending.Deadline.UntilStopWaiting,
            };
            if (await (approval.AfterStepUp is { } second ? stepUps.AcceptAsync(accepted, second.StepUpId) : store.AcceptAsync(accepted)))
            {
                LogAccepted(id, pending.OperationId);
                return (AcceptVerdict.Taken, sealedToken);
            }
        }
        catch (Npgsql.PostgresException exception) when (exception.SqlState is Npgsql.PostgresErrorCodes.LockNotAvailable or Npgsql.PostgresErrorCodes.UniqueViolation)
        {
            // Somebody else is writing this payment.
        }
        catch (Exception exception)
        {
            LogNotAccepted(exception, id);
            return (LostConfirmation.SurelyNotWritten(exception) ? AcceptVerdict.NotWritten : AcceptVerdict.Lost, null);
        }

        return (AcceptVerdict.MovedOn, null);
    }

    private void Asked(AuthorisationOutcome outcome, StoredAnswer asked, PendingAnswer pending)
    {
        GatewayMeter.OutcomeRecorded(outcome, null);
        pending.Decide(asked);
        if (pending.FailWentOut)
        {
            late.Settle(pending);
        }

        // What the acquirer left open is cancelled.
        signal.Set();
    }

    private async Task RecordAsync(PspTransactionId id, AuthorisationRequest request, AuthorisationOutcome outcome, PendingAnswer pending)
    {
        AuthoriseOutcome? record = outcome switch
        {
            AuthorisationOutcome.Approved approved => Record(id, pending, approved: true, !pending.FailWentOut, approved.AcquirerReference, null),
            AuthorisationOutcome.Declined declined => Record(id, pending, approved: false, mayAnswerOk: false, declined.OpenReference, declined.Reason),

            // A second one, or one without a way back to the wallet (ENGINE 23).
            AuthorisationOutcome.SoftDeclined soft => Record(id, pending, approved: false, mayAnswerOk: false, soft.OpenReference, DeclineReason.AuthenticationFailed),

            // ENGINE 15: something is held that we may not say OK to. It is undone at once, by its own reference.
            AuthorisationOutcome.Unknown { AcquirerReference: { } reference } => Record(id, pending, approved: true, mayAnswerOk: false, reference, null),

            // Nobody knows. At the deadline FAIL is written, and the cancel ladder begins.
            AuthorisationOutcome.Unknown or AuthorisationOutcome.NotSent => null,
            _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
        };
        if (record is null)
        {
            return;
        }

        PlantedBug.AnswerBeforeTheCommit(pending, record);
        for (var tries = 0; tries < RecordTries; tries++)
        {
            try
            {
                var (stored, isNews) = await WriteAsync(record, pending);
                LogRecorded(id, outcome.GetType().Name, stored?.Answer.ToString() ?? "none of ours", record.DeclineReason);
                GatewayMeter.OutcomeRecorded(outcome, record.DeclineReason);
                if (stored is not null)
                {
                    pending.Decide(stored);
                    if (stored.Answer == Answer.Ok && pending.FailWentOut)
                    {
                        late.Settle(pending);
                    }
                }

                // Anything held without an OK has its reversal queued.
                if (stored?.Answer != Answer.Ok)
                {
                    signal.Set();
                }

                if (isNews && record is { Approved: true, AcquirerReference: { } reference })
                {
                    await TellAsync(id, request, reference);
                }

                return;
            }
            catch (Exception exception)
            {
                // A lost COMMIT answer is read back by the next round, never repeated (ENGINE 27): the write changes nothing twice.
                LogNotRecorded(exception, id);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(100 * (tries + 1), 1000)), time);
            }
        }

        LogGivenUp(id, record.AcquirerReference ?? "none");
    }

    /// <summary>
    /// Writes the outcome; when somebody has finished the operation before, or taken it over, reads what is stored, and it is news by now.
    /// Null: nothing that this process may answer.
    /// </summary>
    private async Task<(StoredAnswer? Stored, bool IsNews)> WriteAsync(AuthoriseOutcome record, PendingAnswer pending)
    {
        var current = pending.FailWentOut && record.MayAnswerOk ? record.WithoutOk() : record;
        Failpoint.Here("outcome.before-commit", pending.PaymentId);
        if (await store.RecordAsync(current) is { } stored)
        {
            Failpoint.Here("outcome.after-commit", pending.PaymentId);
            return (stored, false);
        }

        var found = StoredAnswer.Of(await store.ReadAsync(pending.PaymentId), pending.OperationId);
        return (found, found?.Answer != Answer.Ok);
    }

    /// <summary>An approval that comes too late for its operation, as one that a notification brings (ENGINE 14): it is undone by its own reference.</summary>
    private async Task TellAsync(PspTransactionId id, AuthorisationRequest request, string acquirerReference)
    {
        for (var tries = 0; tries < RecordTries; tries++)
        {
            try
            {
                if (await news.AuthorisationAsync(request.Reference, request.Account, acquirerReference, approved: true, CancellationToken.None) != NewsVerdict.Busy)
                {
                    return;
                }
            }
            catch (Exception exception)
            {
                LogNotRecorded(exception, id);
            }

            await Task.Delay(TimeSpan.FromSeconds(1), time);
        }

        LogNotTold(id, acquirerReference);
    }

    private AuthoriseOutcome Record(PspTransactionId id, PendingAnswer pending, bool approved, bool mayAnswerOk, string? acquirerReference, DeclineReason? reason) => new()
    {
        OperationId = pending.OperationId,
        Generation = PendingAnswer.Generation,
        Approved = approved,
        MayAnswerOk = mayAnswerOk,
        AcquirerReference = acquirerReference,
        DeclineReason = reason,
        OkBody = wallet.AnswerOk(id),
        FailBody = wallet.AnswerFail(id, reason ?? DeclineReason.TooLate),
    };

    [LoggerMessage(2001, LogLevel.Debug, "Payment {PspTransactionId}: token accepted, operation {OperationId} is in flight.")]
    private partial void LogAccepted(PspTransactionId pspTransactionId, Guid operationId);

    [LoggerMessage(2002, LogLevel.Error, "Payment {PspTransactionId}: the token could not be accepted.")]
    private partial void LogNotAccepted(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2005, LogLevel.Information, "Payment {PspTransactionId}: outcome {Outcome} recorded, the answer is {Answer}, reason {Reason}.")]
    private partial void LogRecorded(PspTransactionId pspTransactionId, string outcome, string answer, DeclineReason? reason);

    [LoggerMessage(2006, LogLevel.Error, "Payment {PspTransactionId}: the outcome could not be recorded yet.")]
    private partial void LogNotRecorded(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2008, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the outcome could not be recorded at all; the acquirer's reference is {AcquirerReference}. Its lease brings it back.")]
    private partial void LogGivenUp(PspTransactionId pspTransactionId, string acquirerReference);

    [LoggerMessage(2009, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, an approval that came too late for its operation, {AcquirerReference}, could not be handed on.")]
    private partial void LogNotTold(PspTransactionId pspTransactionId, string acquirerReference);

    [LoggerMessage(2007, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the authorise broke off; it is recovered when its lease ends.")]
    private partial void LogBroken(Exception exception, PspTransactionId pspTransactionId);
}
