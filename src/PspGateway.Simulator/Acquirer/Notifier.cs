using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Threading.Channels;
using Microsoft.Extensions.Options;
using PspGateway.Simulator.Books;

namespace PspGateway.Simulator.Acquirer;

internal enum NotificationMode
{
    On,
    Off,
    Hold,
}

/// <summary>Sends notifications to the gateway until it accepts them, a bounded number of times.</summary>
internal sealed class Notifier(
    GatewayConnection gateway, EntryLog log, Timeline timeline, TimeProvider time, IOptions<SimulatorOptions> options) : BackgroundService
{
    private const int AtOnce = 64;
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();
    private readonly Channel<SentNotification> _waiting = Channel.CreateBounded<SentNotification>(200_000);
    private readonly ConcurrentQueue<SentNotification> _all = new();
    private readonly byte[] _hmacKey = Convert.FromHexString(options.Value.WebhookHmacKey);
    private List<SentNotification> _held = [];
    private NotificationMode _mode;
    private int _copies = 1;
    private int _jitterMs;

    /// <param name="copies">how often each notification is sent; Adyen repeats itself too.</param>
    /// <param name="jitterMs">how long one may be held up at most, so that later ones overtake it</param>
    public void Switch(NotificationMode mode, int copies, int jitterMs)
    {
        lock (_gate)
        {
            _mode = mode;
            _copies = copies;
            _jitterMs = jitterMs;
        }
    }

    public void Send(Notification notification)
    {
        var entry = log.Add("acquirer", notification.PaymentReference, "notification " + notification.EventCode, notification.Value,
            notification.Success ? "success" : notification.Reason);
        var sent = new SentNotification(notification, entry.Number, time.GetUtcNow());
        _all.Enqueue(sent);
        lock (_gate)
        {
            sent.Copies = _copies;
            switch (_mode)
            {
                case NotificationMode.Off:
                    sent.State = "suppressed";
                    return;
                case NotificationMode.Hold:
                    sent.State = "held";
                    _held.Add(sent);
                    return;
                default:
                    if (_jitterMs > 0)
                    {
                        timeline.After(TimeSpan.FromMilliseconds(RandomNumberGenerator.GetInt32(_jitterMs)), () => Enqueue(sent));
                        return;
                    }

                    Enqueue(sent);
                    return;
            }
        }
    }

    /// <summary>Sends what was held, in reverse order if asked: their order is not promised.</summary>
    public int Release(bool reverse)
    {
        lock (_gate)
        {
            var held = _held;
            _held = [];
            if (reverse)
            {
                held.Reverse();
            }

            held.ForEach(Enqueue);
            return held.Count;
        }
    }

    public IReadOnlyList<NotificationView> View(string? pspTransactionId) =>
        [.. _all.Where(sent => AcquirerBook.IsOf(pspTransactionId, sent.Notification.PaymentReference)).Select(sent => sent.View())];

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Parallel.ForEachAsync(
        _waiting.Reader.ReadAllAsync(stoppingToken),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken },
        async (sent, cancellationToken) => await TryAsync(sent, cancellationToken));

    private void Enqueue(SentNotification sent)
    {
        sent.State = "pending";
        if (!_waiting.Writer.TryWrite(sent))
        {
            sent.State = "overflow";
        }
    }

    private async Task TryAsync(SentNotification sent, CancellationToken cancellationToken)
    {
        sent.Tries++;
        var accepted = false;
        for (var copy = 0; copy < sent.Copies; copy++)
        {
            accepted |= await PostAsync(sent, cancellationToken);
        }

        if (accepted)
        {
            sent.State = "delivered";
        }
        else if (sent.Tries >= options.Value.NotificationTries)
        {
            sent.State = "failed";
        }
        else
        {
            var pause = FirstPause * Math.Pow(2, Math.Min(sent.Tries - 1, 10));
            timeline.After(pause < LongestPause ? pause : LongestPause, () => Enqueue(sent));
        }
    }

    private async Task<bool> PostAsync(SentNotification sent, CancellationToken cancellationToken)
    {
        using var content = new ByteArrayContent(sent.Notification.Write(_hmacKey, sent.At));
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json", "utf-8");
        using var timeout = new CancellationTokenSource(options.Value.NotificationTimeout, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            var url = new Uri(options.Value.GatewayBaseUrl, "/acquirers/adyen/notifications");
            using var response = await gateway.Client.PostAsync(url, content, either.Token);
            var text = await response.Content.ReadAsStringAsync(either.Token);
            sent.LastStatus = (int)response.StatusCode;
            return response.IsSuccessStatusCode && text.Contains("[accepted]", StringComparison.Ordinal);
        }
        catch (Exception exception) when (exception is HttpRequestException or SocketException or IOException or OperationCanceledException)
        {
            sent.LastStatus = null;
            return false;
        }
    }
}

internal sealed class SentNotification(Notification notification, long number, DateTimeOffset at)
{
    public Notification Notification => notification;

    public DateTimeOffset At => at;

    public string State { get; set; } = "pending";

    public int Tries { get; set; }

    public int Copies { get; set; } = 1;

    public int? LastStatus { get; set; }

    public NotificationView View() => new(number, at, notification.EventCode, notification.Success, notification.PspReference,
        notification.OriginalReference, notification.MerchantReference, notification.Value, State == "delivered", State, Tries, LastStatus);
}

internal sealed record NotificationView(
    long Number,
    DateTimeOffset At,
    string EventCode,
    bool Success,
    string PspReference,
    string? OriginalReference,
    string MerchantReference,
    long Amount,
    bool Delivered,
    string State,
    int Tries,
    int? LastStatus);
