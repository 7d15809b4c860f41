using System.Threading.Channels;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>Whether a delivered OK is also reported to the wallet. The wallet's door sets it.</summary>
internal sealed class ReportOptions
{
    public bool ReportReservations { get; set; } = true;
}

/// <summary>The deferred, shared write of ENGINE 9: OKs whose bytes have left are marked together, at most 100 ms later.</summary>
internal sealed partial class DeliveredMarks(GatewayDatabase database, PendingAnswers answers, IOptions<ReportOptions> reports, TimeProvider time, ILogger<DeliveredMarks> logger) : BackgroundService
{
    private const int Capacity = 10_000;
    private const int MostAtOnce = 500;
    private static readonly TimeSpan Company = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromMilliseconds(250);
    private readonly Channel<PendingAnswer> _delivered = Channel.CreateBounded<PendingAnswer>(Capacity);

    /// <summary>Waits for room when the database is far behind: the caller's answer has left already.</summary>
    public ValueTask AddAsync(PendingAnswer answer, CancellationToken cancellationToken) => _delivered.Writer.WriteAsync(answer, cancellationToken);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (await _delivered.Reader.WaitToReadAsync(stoppingToken))
            {
                await Task.Delay(Company, time, stoppingToken);
                await MarkAsync(TakeBatch(), stoppingToken);
            }
        }
        finally
        {
            // One last try on the way out: what stays unmarked is reversed when its lease ends.
            if (TakeBatch() is { Count: > 0 } rest)
            {
                await TryMarkAsync(rest, CancellationToken.None);
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

    private async Task MarkAsync(List<PendingAnswer> batch, CancellationToken cancellationToken)
    {
        while (batch.Count > 0 && !await TryMarkAsync(batch, cancellationToken))
        {
            await Task.Delay(RetryAfter, time, cancellationToken);
        }
    }

    private async Task<bool> TryMarkAsync(List<PendingAnswer> batch, CancellationToken cancellationToken)
    {
        try
        {
            var marked = await DeliveredWrite.RunAsync(database.General, [.. batch.Select(a => (a.OperationId, PendingAnswer.Generation))], reports.Value.ReportReservations, cancellationToken);
            foreach (var answer in batch)
            {
                Tell(answer, marked.Contains(answer.OperationId) || await WasMarkedAsync(answer, cancellationToken));
            }

            return true;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            LogNotMarked(exception, batch.Count);
            return false;
        }
    }

    private void Tell(PendingAnswer answer, bool delivered)
    {
        answer.MarkDelivered(delivered);
        answers.Remove(answer);
        LogMarked(new PspTransactionId(answer.PaymentId), delivered);
    }

    /// <summary>A mark whose confirmation was lost is there all the same; one that came too late is not.</summary>
    private async Task<bool> WasMarkedAsync(PendingAnswer answer, CancellationToken cancellationToken) =>
        await CallbackRead.RunAsync(database.General, answer.PaymentId, cancellationToken) is { State: PaymentState.Authorised, Authorise.Delivered: true };

    [LoggerMessage(2201, LogLevel.Information, "Payment {PspTransactionId}: OK has left, delivered mark stored: {Marked}.")]
    private partial void LogMarked(PspTransactionId pspTransactionId, bool marked);

    [LoggerMessage(2202, LogLevel.Error, "The delivered marks of {Count} payments could not be stored yet.")]
    private partial void LogNotMarked(Exception exception, int count);
}
