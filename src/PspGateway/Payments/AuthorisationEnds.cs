using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>
/// Warns merchants of authorisations that are about to end at the acquirer, and cancels what is held still before they do, so that nothing is
/// captured late (ENGINE 21). Payments are gone through by their keys, which are in the order of their making: no index of its own is
/// needed, and nothing on the way of a payment pays for it.
/// </summary>
internal sealed partial class AuthorisationEnds(
    IDbContextFactory<GatewayDbContext> contexts, GatewayDatabase database, ModificationAcceptance acceptance, QueueSignal signal, IOptions<AuthorisationLifeOptions> life, TimeProvider time, ILogger<AuthorisationEnds> logger) : BackgroundService
{
    /// <summary>How often a cancel that the acquirer refuses is tried, before a person is called.</summary>
    private const int MostCancels = 3;

    /// <summary>A payment is authorised at most about a day after it was made, and captures that fail give back for a while.</summary>
    private static readonly TimeSpan Behind = TimeSpan.FromDays(2);

    /// <summary>The first pass of a process looks further back: nobody may have looked for long.</summary>
    private static readonly TimeSpan BehindAtFirst = TimeSpan.FromDays(14);
    private bool _looked;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(life.Value.Every, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                await SweepAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogPassFailed(exception);
            }
        }
    }

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var behind = _looked ? Behind : BehindAtFirst;
        var now = time.GetUtcNow();
        foreach (var held in (TimeSpan[])[.. new[] { life.Value.Visa, life.Value.Mastercard }.Distinct()])
        {
            // Clocks may differ by minutes; whether it is time is decided by the database's.
            var until = EndingAuthorisations.FirstKeyOf(now - held + life.Value.WarnBefore + TimeSpan.FromHours(1));
            Guid? after = EndingAuthorisations.FirstKeyOf(now - held - behind);
            while (after is { } from)
            {
                (after, var page) = await EndingAuthorisations.PageAsync(database.General, from, until, cancellationToken);
                foreach (var payment in page.Where(p => life.Value.Of(CardSchemes.OfBin(p.CardBin)) == held))
                {
                    await HandleAsync(payment, cancellationToken);
                }
            }
        }

        _looked = true;
    }

    private async Task HandleAsync(EndingAuthorisation payment, CancellationToken cancellationToken)
    {
        var (id, cancelAt) = (payment.PspTransactionId, life.Value.CaptureBefore(payment.AuthorisedAt, payment.CardBin));
        if (payment.Now < cancelAt + life.Value.CancelBefore - life.Value.WarnBefore)
        {
            return;
        }

        try
        {
            if (!payment.Warned && await EndingAuthorisations.WarnAsync(database.General, payment, cancellationToken))
            {
                LogWarned(id, payment.HeldMinor, cancelAt);
                GatewayMeter.Ending(EndingStep.Warned);
                PaymentTrace.Mark("authorisation ending", id);
            }

            if (payment.Now >= cancelAt)
            {
                await CancelAsync(payment, cancellationToken);
            }
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogFailed(exception, id);
        }
    }

    private async Task CancelAsync(EndingAuthorisation ending, CancellationToken cancellationToken)
    {
        if (ending.FailedCancels >= MostCancels)
        {
            await GiveUpAsync(ending, cancellationToken);
            return;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        // Who holds it is about to change it: the next pass sees what became of it.
        var payment = await db.Payments.FromSql($"select p.*, p.xmin from payments p where p.id = {ending.PaymentId} for update skip locked").SingleOrDefaultAsync(cancellationToken);
        if (payment is null)
        {
            return;
        }

        var answer = await acceptance.TryAsync(db, payment, OperationKind.Cancel, amount: null, merchantKey: null, ending.Now);
        if (answer is Acceptance.Refused { Why: not (ModificationRefusal.NothingLeft or ModificationRefusal.WrongState) } refused && ending.Now >= refused.CaptureBefore + life.Value.CancelBefore)
        {
            // Something before it is undecided still, and the authorisation has ended. The difference refers to the payment, which this transaction holds.
            await transaction.RollbackAsync(cancellationToken);
            await GiveUpAsync(ending, cancellationToken);
        }

        if (answer is not Acceptance.Accepted accepted)
        {
            return;
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(CancellationToken.None);
        LogCancelled(ending.PspTransactionId, accepted.Operation.AmountMinor);
        GatewayMeter.Ending(EndingStep.Cancelled);
        signal.Set();
    }

    private async Task GiveUpAsync(EndingAuthorisation ending, CancellationToken cancellationToken)
    {
        if (await DifferenceWrite.OpenAsync(database.General, ending.PaymentId, "AuthorisationNotReleased", ending.HeldMinor, 0, cancellationToken, once: true))
        {
            LogNotReleased(ending.PspTransactionId, ending.HeldMinor);
            GatewayMeter.Ending(EndingStep.NotReleased);
        }
    }

    [LoggerMessage(2703, LogLevel.Information, "Payment {PspTransactionId}: its authorisation is about to end, {HeldMinor} øre are held still. The merchant is warned; it is cancelled at {CancelAt}.")]
    private partial void LogWarned(PspTransactionId pspTransactionId, long heldMinor, DateTimeOffset cancelAt);

    [LoggerMessage(2704, LogLevel.Warning, "Payment {PspTransactionId}: its authorisation is at its end, the {AmountMinor} øre that are held still are cancelled.")]
    private partial void LogCancelled(PspTransactionId pspTransactionId, long amountMinor);

    [LoggerMessage(2705, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, its authorisation is at its end, and the {HeldMinor} øre that are held still could not be cancelled. A difference is open.")]
    private partial void LogNotReleased(PspTransactionId pspTransactionId, long heldMinor);

    [LoggerMessage(2706, LogLevel.Error, "Payment {PspTransactionId}: the end of its authorisation could not be seen to; the next pass tries again.")]
    private partial void LogFailed(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2707, LogLevel.Error, "A pass over the authorisations near their end failed; the next one runs.")]
    private partial void LogPassFailed(Exception exception);
}
