using Microsoft.Extensions.Options;
using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage;
using PspGateway.Storage.Rows;

namespace PspGateway.Acquirers.Adyen;

/// <summary>Applies stored notifications, in Adyen's words on this side and the engine's on the other. One that cannot be applied yet comes again.</summary>
internal sealed partial class NotificationWorker(GatewayDatabase database, AcquirerNews news, ModificationNews modifications, IOptions<OperationOptions> operations, ILogger<NotificationWorker> logger) : BackgroundService
{
    private const int MostTries = 100;
    private const int AtOnce = 8;

    /// <summary>As many as are applied before the first claim ends, so that no other replica applies them as well.</summary>
    private const int MostClaimed = 32;

    private readonly QueueSignal _signal = new();

    private const string ClaimSql = """
        update acquirer_notifications n
        set due_at = clock_timestamp() + least(interval '1 second' * (n.tries + 1), interval '5 minutes'), tries = n.tries + 1
        where n.id = any(array(
            select id from acquirer_notifications where due_at <= (select clock_timestamp()) order by due_at, id limit @limit for update skip locked))
        returning n.id, n.psp_reference, n.event_code, n.success, n.original_reference, n.merchant_reference, n.received_at, n.tries, n.merchant_account, n.amount_minor, n.currency
        """;

    private const string AppliedSql = "update acquirer_notifications set due_at = null, applied_at = clock_timestamp(), verdict = @verdict where id = @id";

    public void Wake() => _signal.Set();

    public override void Dispose()
    {
        _signal.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await DrainAsync(stoppingToken);
            }
            catch (Exception exception) when (exception is not OperationCanceledException)
            {
                LogPassFailed(exception);
            }

            await _signal.WaitAsync(operations.Value.Poll, stoppingToken);
        }
    }

    public async Task DrainAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<Stored> claimed;
        do
        {
            claimed = await ClaimAsync(cancellationToken);
            await Parallel.ForEachAsync(
                claimed.GroupBy(n => n.Payment, StringComparer.Ordinal),
                new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = CancellationToken.None },
                async (ofOnePayment, _) =>
                {
                    foreach (var notification in ofOnePayment)
                    {
                        await ApplyAsync(notification, CancellationToken.None);
                    }
                });
        }
        while (claimed.Count == ClaimSize && !cancellationToken.IsCancellationRequested);
    }

    private int ClaimSize => Math.Min(operations.Value.ClaimSize, MostClaimed);

    private async Task ApplyAsync(Stored notification, CancellationToken cancellationToken)
    {
        // A stranger's notification belongs to no trace.
        using var step = PspTransactionId.TryParse(notification.Payment, out var payment) ? PaymentTrace.Step("notification", payment) : null;
        try
        {
            Failpoint.Here("notification.before-applied", notification.MerchantReference);
            var verdict = await TellAsync(notification, cancellationToken);
            step?.SetTag("outcome", LabelWords.Of(verdict));
            LogApplied(notification.EventCode, notification.Success, notification.MerchantReference, verdict);
            if (verdict == NewsVerdict.Busy && notification.Tries < MostTries)
            {
                return;
            }

            GatewayMeter.Notified(verdict);

            await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
            await using var command = new NpgsqlCommand(AppliedSql, connection);
            command.Parameters.Add(new NpgsqlParameter<Guid>("id", notification.Id));
            command.Parameters.Add(new NpgsqlParameter<string>("verdict", verdict.ToString()));
            Failpoint.Here("notification.before-noted", notification.MerchantReference);
            await command.ExecuteNonQueryAsync(cancellationToken);
            Failpoint.Here("notification.after-noted", notification.MerchantReference);
        }
        catch (Exception exception)
        {
            LogNotApplied(exception, notification.EventCode, notification.MerchantReference);
            if (!DatabaseAway.IsOfTheMoment(exception) && (notification.Tries == operations.Value.MostFailures || notification.Tries % MostTries == 0))
            {
                LogPoison(notification.EventCode, notification.MerchantReference, notification.Tries);
            }
        }
    }

    private async Task<NewsVerdict> TellAsync(Stored notification, CancellationToken cancellationToken)
    {
        switch (NotificationEndpoint.KindOf(notification.EventCode))
        {
            case NotificationKind.Authorisation:
                return await news.AuthorisationAsync(notification.MerchantReference, notification.Account, notification.PspReference, notification.Success, cancellationToken);

            // A merchant's cancel has a name of its own; every other one undoes an authorisation.
            case NotificationKind.Cancellation:
                var verdict = await modifications.ApplyAsync(Heard(OperationKind.Cancel, notification, undone: false), cancellationToken);
                return verdict != NewsVerdict.Unknown
                    ? verdict
                    : await OrOutsideAsync(
                        await news.CancellationAsync(notification.MerchantReference, notification.Account, notification.OriginalReference, notification.Success, notification.Tries, cancellationToken),
                        OperationKind.Cancel,
                        notification,
                        cancellationToken);

            case NotificationKind.CancelByReference:
                return await news.TechnicalCancelAsync(notification.MerchantReference, notification.Account, notification.Success, notification.ReceivedAt, cancellationToken);

            case NotificationKind.Capture:
                return await OrOutsideAsync(await modifications.ApplyAsync(Heard(OperationKind.Capture, notification, undone: false), cancellationToken), OperationKind.Capture, notification, cancellationToken);

            case NotificationKind.CaptureUndone:
                return await modifications.ApplyAsync(Heard(OperationKind.Capture, notification, undone: true), cancellationToken);

            case NotificationKind.Refund:
                return await OrOutsideAsync(await modifications.ApplyAsync(Heard(OperationKind.Refund, notification, undone: false), cancellationToken), OperationKind.Refund, notification, cancellationToken);

            case NotificationKind.RefundUndone:
                return await modifications.ApplyAsync(Heard(OperationKind.Refund, notification, undone: true), cancellationToken);

            // Kept, for whoever reads the books later.
            default:
                return NewsVerdict.Unknown;
        }
    }

    private async Task<NewsVerdict> OrOutsideAsync(NewsVerdict verdict, OperationKind kind, Stored notification, CancellationToken cancellationToken) =>
        verdict == NewsVerdict.Unknown && notification.Success ? await modifications.OutsideAsync(Heard(kind, notification, undone: false), cancellationToken) : verdict;

    private static ModificationHeard Heard(OperationKind kind, Stored notification, bool undone) => new()
    {
        Kind = kind,
        Reference = notification.MerchantReference,
        Account = notification.Account,
        AcquirerReference = notification.PspReference,
        Failure = undone ? "UndoneAtAcquirer" : notification.Success ? null : "FailedAtAcquirer",
        Amount = kind == OperationKind.Cancel ? null : (notification.AmountMinor, notification.Currency),
    };

    private async Task<IReadOnlyList<Stored>> ClaimAsync(CancellationToken cancellationToken)
    {
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ClaimSql, connection);
        command.Parameters.Add(new NpgsqlParameter<int>("limit", ClaimSize));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<Stored>();
        while (await reader.ReadAsync(cancellationToken))
        {
            claimed.Add(new Stored(
                reader.GetGuid(0),
                reader.GetString(1),
                reader.GetString(2),
                reader.GetBoolean(3),
                await reader.IsDBNullAsync(4, cancellationToken) ? null : reader.GetString(4),
                reader.GetString(5),
                await reader.GetFieldValueAsync<DateTimeOffset>(6, cancellationToken),
                reader.GetInt32(7),
                reader.GetString(8),
                reader.GetInt64(9),
                reader.GetString(10)));
        }

        return [.. claimed.OrderBy(n => n.Id)];
    }

    private sealed record Stored(Guid Id, string PspReference, string EventCode, bool Success, string? OriginalReference, string MerchantReference, DateTimeOffset ReceivedAt, int Tries, string Account, long AmountMinor, string Currency)
    {
        /// <summary>Our references begin with the payment's id.</summary>
        public string Payment => MerchantReference.Length >= 32 ? MerchantReference[..32] : MerchantReference;
    }

    [LoggerMessage(6201, LogLevel.Information, "Notification {EventCode} (success {Success}) for {Reference}: {Verdict}.")]
    private partial void LogApplied(string eventCode, bool success, string reference, NewsVerdict verdict);

    [LoggerMessage(6202, LogLevel.Error, "Notification {EventCode} for {Reference} could not be applied; it comes again.")]
    private partial void LogNotApplied(Exception exception, string eventCode, string reference);

    [LoggerMessage(6204, LogLevel.Critical, "ALERT, notification {EventCode} for {Reference} could not be applied {Tries} times; it comes again by itself.")]
    private partial void LogPoison(string eventCode, string reference, int tries);

    [LoggerMessage(6203, LogLevel.Error, "A pass over the notifications failed; the next one runs.")]
    private partial void LogPassFailed(Exception exception);
}
