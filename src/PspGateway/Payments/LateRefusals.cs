using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Threading.Channels;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;

namespace PspGateway.Payments;

/// <summary>What was answered before it could be stored, since the database was away: it is remembered, kept in a file, and stored when the database is back.</summary>
internal sealed partial class LateRefusals(Refusals refusals, IKeptRefusals kept, TimeProvider time, ILogger<LateRefusals> logger) : BackgroundService
{
    private const int Capacity = 10_000;
    private const int CapacityForOthers = Capacity / 2;
    private const int AtOnce = 8;
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(200);

    /// <summary>A try on a line that went silent holds nothing up: its writes are conditional, so that it may be made again.</summary>
    private static readonly TimeSpan TryFor = TimeSpan.FromSeconds(3);

    private readonly Guid _process = Guid.CreateVersion7(time.GetUtcNow());
    private readonly Channel<LateRefusal> _late = Channel.CreateBounded<LateRefusal>(Capacity);
    private readonly ConcurrentDictionary<RefusalKey, LateRefusal> _remembered = new();

    /// <summary>The wallet is answered and will not say it again, so it is remembered until the database answers: an OK it did not take must be taken back.</summary>
    /// <param name="keptWithin">How long its answer may wait for the file.</param>
    public async Task RememberAsync(LateRefusal said, TimeSpan keptWithin)
    {
        // The first of its kind here stands for all of them: it undoes the most.
        var refusal = said with { By = _process };
        if (_remembered.Count >= Capacity)
        {
            LogForgotten(new PspTransactionId(refusal.PaymentId), refusal.Reason);
        }
        else if (_remembered.TryAdd(refusal.Key, refusal))
        {
            await kept.KeepAsync(refusal, keptWithin);
            Enqueue(refusal);
        }
    }

    /// <summary>What another process said, which may be dead.</summary>
    /// <returns>False: it is remembered already, or finds no room: its file stays.</returns>
    public bool TryTakeOver(LateRefusal refusal)
    {
        if (_remembered.Count >= CapacityForOthers || !_remembered.TryAdd(refusal.Key, refusal))
        {
            return false;
        }

        Enqueue(refusal);
        return true;
    }

    /// <summary>A refusal of the payment that waits to be stored: the wallet was answered, so that no token of it may be accepted any more.</summary>
    public LateRefusal? Find(Guid paymentId) => _remembered.IsEmpty
        ? null
        : _remembered.Values.Where(refusal => refusal.PaymentId == paymentId).MaxBy(refusal => refusal.Move == PaymentMove.Decline);

    public bool Remembers(RefusalKey key) => _remembered.ContainsKey(key);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _late.Reader.WaitToReadAsync(stoppingToken))
            {
                // One asks whether the database is back; then all go, since a file may be all that outlives this process.
                if (_late.Reader.TryRead(out var first) && await AppliedAsync(first))
                {
                    await Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => DrainAsync()));
                }
                else
                {
                    await Task.Delay(RetryAfter, time, stoppingToken);
                }
            }
        }
        finally
        {
            // One last try on the way out, until the first that fails; what is left then, a person must know of.
            var (stored, inFiles) = (true, (await kept.ListAsync() ?? []).ToHashSet());
            while (_late.Reader.TryRead(out var refusal))
            {
                stored = stored && await TryApplyAsync(refusal);
                if (!stored)
                {
                    LogLeft(refusal, inFiles.Contains(refusal.Key));
                }
            }
        }
    }

    /// <summary>Until there is none, or one could not be stored.</summary>
    private async Task DrainAsync()
    {
        while (_late.Reader.TryRead(out var next) && await AppliedAsync(next))
        {
            // On to the next.
        }
    }

    /// <summary>False: it is remembered further on.</summary>
    private async Task<bool> AppliedAsync(LateRefusal refusal)
    {
        var applied = await TryApplyAsync(refusal);
        if (!applied)
        {
            Enqueue(refusal);
        }

        return applied;
    }

    private async Task<bool> TryApplyAsync(LateRefusal refusal)
    {
        using var step = PaymentTrace.Step("late refusal", new PspTransactionId(refusal.PaymentId));
        try
        {
            if (refusal.TakenOver && !await kept.HoldsAsync(refusal.Key))
            {
                // Its own process has stored it.
                Forget(refusal);
                return true;
            }

            using var limit = new CancellationTokenSource(TryFor, time);
            var stored = await refusals.RefuseLateAsync(
                refusal.PaymentId,
                payment => CryptographicOperations.FixedTimeEquals(payment.CallbackTokenHash, refusal.TokenHash),
                refusal.Move,
                refusal.Name,
                refusal.Reason,
                refusal.SaidAt,
                limit.Token).WaitAsync(limit.Token);
            if (stored)
            {
                Forget(refusal);
                await kept.RemoveAsync(refusal.Key);
            }

            return stored;
        }
        catch (Exception exception)
        {
            LogNotYet(exception, new PspTransactionId(refusal.PaymentId));
            return false;
        }
    }

    private void Enqueue(LateRefusal refusal)
    {
        if (!_late.Writer.TryWrite(refusal))
        {
            Forget(refusal);
            LogForgotten(new PspTransactionId(refusal.PaymentId), refusal.Reason);
        }
    }

    private void Forget(LateRefusal refusal) => _remembered.TryRemove(refusal.Key, out _);

    private void LogLeft(LateRefusal refusal, bool isInAFile)
    {
        if (isInAFile)
        {
            LogKept(new PspTransactionId(refusal.PaymentId), refusal.Reason);
        }
        else
        {
            LogForgotten(new PspTransactionId(refusal.PaymentId), refusal.Reason);
        }
    }

    [LoggerMessage(2405, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, a refusal ({Reason}) could not be stored and is forgotten; look the payment up at Vipps.")]
    private partial void LogForgotten(PspTransactionId pspTransactionId, string reason);

    [LoggerMessage(2406, LogLevel.Error, "Payment {PspTransactionId}: a refusal could not be stored yet.")]
    private partial void LogNotYet(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2409, LogLevel.Warning, "Payment {PspTransactionId}: a refusal ({Reason}) that could not be stored is left in its file, for the next process that starts or another that runs.")]
    private partial void LogKept(PspTransactionId pspTransactionId, string reason);
}
