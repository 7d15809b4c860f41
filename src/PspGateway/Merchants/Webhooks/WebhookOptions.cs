using System.ComponentModel.DataAnnotations;
using System.Net;

namespace PspGateway.Merchants.Webhooks;

internal sealed class WebhookOptions
{
    public const string Section = "Webhooks";

    /// <summary>The waits between tries. An empty list means these; the last one is repeated until <see cref="GiveUpAfter"/>.</summary>
    public static readonly IReadOnlyList<TimeSpan> DefaultBackoff =
    [
        TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30), TimeSpan.FromMinutes(2), TimeSpan.FromMinutes(10), TimeSpan.FromMinutes(30),
        TimeSpan.FromHours(1), TimeSpan.FromHours(2), TimeSpan.FromHours(4), TimeSpan.FromHours(8), TimeSpan.FromHours(12),
    ];

    public IList<TimeSpan> Backoff { get; } = [];

    /// <summary>When a delivery that nobody takes is parked.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "14.00:00:00")]
    public TimeSpan GiveUpAfter { get; set; } = TimeSpan.FromDays(7);

    /// <summary>How long an endpoint may take to answer.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:20")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Networks beside the public internet that may be called, as 10.1.0.0/16: for tests and closed installations. http is allowed there.</summary>
    public IList<string> AllowedNetworks { get; } = [];

    /// <summary>Deliveries under way at once, and of one endpoint.</summary>
    [Range(1, 500)]
    public int Parallel { get; set; } = 64;

    [Range(1, 50)]
    public int PerEndpoint { get; set; } = 4;

    public TimeSpan WaitAfter(int tries)
    {
        var waits = Backoff.Count == 0 ? DefaultBackoff : [.. Backoff];
        return waits[Math.Min(tries, waits.Count) - 1];
    }

    public IReadOnlyList<IPNetwork> Networks => [.. AllowedNetworks.Select(IPNetwork.Parse)];
}
