using System.Threading.Channels;
using Microsoft.Extensions.Options;
using Npgsql;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>Whether a delivered OK is also reported to the wallet. The wallet's door sets it.</summary>
internal sealed class ReportOptions
{
    public bool ReportReservations { get; set; } = true;
}

/// <summary>The deferred, shared write of ENGINE 9: OKs whose bytes have left are marked together, at most 100 ms later.</summary>
internal sealed partial class DeliveredMarks(IPaymentStore store, PendingAnswers answers, IOptions<ReportOptions> reports, TimeProvider time, ILogger<DeliveredMarks> logger) : BackgroundService
{
    private const int Capacity = 10_000;
    private const int MostAtOnce = 500;
    private const int TriesWhileStopping = 3;
    private static readonly TimeSpan Company = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);

    /// <summary>A try on a line that went silent holds no mark up for long: what is not marked when its lease ends is taken back. The statement is conditional.</summary>
    private static readonly TimeSpan TryFor = TimeSpan.FromSeconds(3);

    /// <summary>Others have something to store on the way out, too; and what is accepted has its lease.</summary>
    private static readonly TimeSpan TryForWhileStopping = TimeSpan.FromSeconds(1);

    private readonly Channel<PendingAnswer> _delivered = Channel.CreateBounded<PendingAnswer>(Capacity);

    /// <summary>Nobody waits for room: what comes next on the connection would not be read meanwhile. Where marks are so far behind, the lease decides.</summary>
    public void Add(PendingAnswer answer)
    {
        if (!_delivered.Writer.TryWrite(answer))
        {
            Tell(answer, delivered: false);
        }
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => RunAsync(stoppingToken);

    internal async Task RunAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _delivered.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(Company, time, CancellationToken.None);
                await MarkAsync(TakeBatch(), stoppingToken);
            }
        }
        finally
        {
            // What stays unmarked is reversed when its lease ends: the stop waits for the marks.
            while (TakeBatch() is { Count: > 0 } rest)
            {
                await MarkAsync(rest, stoppingToken);
            }
        }
    }

    private List<PendingAnswer> TakeBatch()
    {
        var batch = new List<PendingAnswer>();
        while (batch.Count < MostAtOnce && _delivered.Reader.TryRead(out var answer))
        {
            batch.Add(answer);
        }

        return batch;
    }

    /// <summary>Until it is written; while stopping, a few times only. What the server refuses goes one by one, so that a bad row stays alone.</summary>
    private async Task MarkAsync(List<PendingAnswer> batch, CancellationToken stoppingToken)
    {
        for (var lastTries = TriesWhileStopping; lastTries > 0;)
        {
            switch (await TryMarkAsync(batch, stoppingToken.IsCancellationRequested ? TryForWhileStopping : TryFor))
            {
                case Tried.Done:
                    return;

                case Tried.Refused when batch.Count == 1:
                    // Its lease decides, beside the others.
                    Tell(batch[0], delivered: false);
                    return;

                case Tried.Refused:
                    foreach (var one in batch)
                    {
                        await MarkAsync([one], stoppingToken);
                    }

                    return;
            }

            lastTries -= stoppingToken.IsCancellationRequested ? 1 : 0;
            await Task.Delay(RetryAfter, time, CancellationToken.None);
        }
    }

    private async Task<Tried> TryMarkAsync(List<PendingAnswer> batch, TimeSpan tryFor)
    {
        IReadOnlySet<Guid> marked;
        try
        {
            Failpoint.Here("delivered.before-commit", batch.Select(a => a.PaymentId));
            using var limit = new CancellationTokenSource(tryFor, time);
            marked = await store.MarkDeliveredAsync([.. batch.Select(a => (a.OperationId, PendingAnswer.Generation))], reports.Value.ReportReservations, limit.Token).WaitAsync(limit.Token);
            Failpoint.Here("delivered.after-commit", batch.Select(a => a.PaymentId));
        }
        catch (Exception exception)
        {
            LogNotMarked(exception, batch.Count);
            return exception is PostgresException { SqlState: ['2', '2' or '3', ..] or ['P', '0', ..] } ? Tried.Refused : Tried.Later;
        }

        foreach (var answer in batch)
        {
            await TellAsync(answer, marked.Contains(answer.OperationId));
        }

        return Tried.Done;
    }

    /// <summary>One that was not marked now may have been before, its confirmation lost; may be held by somebody, and comes again; or was taken back.</summary>
    private async Task TellAsync(PendingAnswer answer, bool marked)
    {
        if (marked)
        {
            Tell(answer, delivered: true);
            return;
        }

        try
        {
            using var limit = new CancellationTokenSource(TryFor, time);
            var payment = await store.ReadAloneAsync(Pool.Callback, answer.PaymentId, limit.Token).WaitAsync(limit.Token);
            if (payment is { State: PaymentState.Approved, Authorise.Generation: PendingAnswer.Generation } && _delivered.Writer.TryWrite(answer))
            {
                return;
            }

            Tell(answer, payment is { State: PaymentState.Authorised, Authorise.Delivered: true });
        }
        catch (Exception exception)
        {
            // It is asked about again where the database is to blame; else nobody here can read it, and its lease decides.
            LogNotMarked(exception, 1);
            if (exception is not (NpgsqlException or ConnectionNotOpenedException or OperationCanceledException) || !_delivered.Writer.TryWrite(answer))
            {
                Tell(answer, delivered: false);
            }
        }
    }

    private void Tell(PendingAnswer answer, bool delivered)
    {
        answer.MarkDelivered(delivered);
        answers.Remove(answer);
        if (!delivered)
        {
            LogNotDelivered(new PspTransactionId(answer.PaymentId));
        }

        GatewayMeter.Delivered(delivered);
        PaymentTrace.Mark(delivered ? "delivered" : "not delivered", new PspTransactionId(answer.PaymentId));
    }

    private enum Tried
    {
        Done,
        Later,

        /// <summary>For what stands in a row: its data, a constraint. A server in trouble refuses everything, and takes it later.</summary>
        Refused,
    }

    [LoggerMessage(2201, LogLevel.Warning, "Payment {PspTransactionId}: OK has left, and its delivered mark could not be stored: it is taken back.")]
    private partial void LogNotDelivered(PspTransactionId pspTransactionId);

    [LoggerMessage(2202, LogLevel.Error, "The delivered marks of {Count} payments could not be stored yet.")]
    private partial void LogNotMarked(Exception exception, int count);
}
