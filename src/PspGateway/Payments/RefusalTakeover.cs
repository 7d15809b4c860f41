using PspGateway.Domain.Payments;
using PspGateway.Storage;

namespace PspGateway.Payments;

/// <summary>
/// Takes over the refusals of processes that died before they could store them: at the start, before any call unless the disk is slow, those that lie
/// there; later what is seen in two looks in a row while the database answers, since a process that lives would have stored it by then. To store one
/// twice changes nothing.
/// </summary>
internal sealed partial class RefusalTakeover(IKeptRefusals kept, LateRefusals refusals, IPaymentStore store, TimeProvider time, ILogger<RefusalTakeover> logger) : BackgroundService
{
    /// <summary>What is left behind is stored well within the 120 s that an approval may stand without its OK (invariant I2).</summary>
    public static readonly TimeSpan LooksEvery = TimeSpan.FromSeconds(15);

    private static readonly TimeSpan AsksFor = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan StartsWithin = TimeSpan.FromSeconds(5);

    private Dictionary<RefusalKey, Sighting> _seen = [];
    private Task _firstLook = Task.CompletedTask;

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        // A disk that hangs keeps nobody from starting: the first look goes on beside the calls.
        _firstLook = LookAsync(atTheStart: true);
        await Task.WhenAny(_firstLook, Task.Delay(StartsWithin, time, cancellationToken));
        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await _firstLook;
        using var timer = new PeriodicTimer(LooksEvery, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            await LookAsync(atTheStart: false);
        }
    }

    internal async Task LookAsync(bool atTheStart)
    {
        if (await kept.ListAsync() is not { } there)
        {
            return;
        }

        var answers = there.Count > 0 && (atTheStart || await DatabaseAnswersAsync(there[0].PaymentId));
        var seen = new Dictionary<RefusalKey, Sighting>(there.Count);
        foreach (var key in there)
        {
            var before = _seen.GetValueOrDefault(key) ?? new Sighting(time.GetTimestamp());
            var due = answers && (atTheStart || before.WhileTheDatabaseAnswered);
            var isUnreadable = due && !refusals.Remembers(key) && !await IsReadAsync(key, before);
            seen[key] = before with { WhileTheDatabaseAnswered = answers, IsUnreadable = before.IsUnreadable || isUnreadable };
        }

        _seen = seen;
    }

    private async Task<bool> IsReadAsync(RefusalKey key, Sighting before)
    {
        try
        {
            if (await kept.FindAsync(key, before.First) is { } refusal && refusals.TryTakeOver(refusal with { TakenOver = true }))
            {
                LogTakenOver(new PspTransactionId(key.PaymentId), refusal.Reason);
            }

            return true;
        }
        catch (Exception exception)
        {
            // It holds no other up; the next look tries again, and a person is called once.
            if (!before.IsUnreadable)
            {
                LogUnreadable(exception, new PspTransactionId(key.PaymentId));
            }

            return false;
        }
    }

    private async Task<bool> DatabaseAnswersAsync(Guid anyPayment)
    {
        try
        {
            using var limit = new CancellationTokenSource(AsksFor, time);
            await store.ReadAloneAsync(Pool.General, anyPayment, limit.Token).WaitAsync(limit.Token);
            return true;
        }
        catch (Exception exception)
        {
            LogWaits(exception);
            return false;
        }
    }

    [LoggerMessage(2414, LogLevel.Warning, "Payment {PspTransactionId}: a refusal ({Reason}) that lies in its file is taken over, since the process that said it seems to be dead.")]
    private partial void LogTakenOver(PspTransactionId pspTransactionId, string reason);

    [LoggerMessage(2413, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the file of a refusal that may not be stored cannot be read; look the payment up at Vipps.")]
    private partial void LogUnreadable(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2410, LogLevel.Information, "Refusals wait in their files for a database that does not answer.")]
    private partial void LogWaits(Exception exception);

    /// <param name="First">When it was seen first: it had been said by then.</param>
    private sealed record Sighting(long First)
    {
        public bool WhileTheDatabaseAnswered { get; init; }

        public bool IsUnreadable { get; init; }
    }
}
