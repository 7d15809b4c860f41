using System.ComponentModel.DataAnnotations;

namespace PspGateway.Vipps;

/// <summary>The PSP's account at Vipps, and how this gateway speaks to it.</summary>
internal sealed class VippsOptions
{
    public const string Section = "Vipps";
    private static readonly string[] OwnHosts = ["vipps.no", "vippsmobilepay.com"];

    /// <summary>https://apitest.vipps.no or https://api.vipps.no; http on loopback only. Paths are appended.</summary>
    [Required]
    public Uri? BaseUrl { get; set; }

    [Required]
    public string ClientId { get; set; } = "";

    [Required]
    public string ClientSecret { get; set; } = "";

    [Required]
    public string SubscriptionKey { get; set; } = "";

    [Required]
    public string PspId { get; set; } = "";

    [StringLength(30)]
    public string SystemName { get; set; } = "pspgateway";

    [StringLength(30)]
    public string SystemVersion { get; set; } = "0.1.0";

    [StringLength(30)]
    public string SystemPluginName { get; set; } = "pspgateway-vipps";

    [StringLength(30)]
    public string SystemPluginVersion { get; set; } = "0.1.0";

    /// <summary>Also send RESERVED to updatestatus.</summary>
    public bool ReportReservations { get; set; } = true;

    /// <summary>How many updates one call carries at most. Vipps names no limit.</summary>
    [Range(1, 5000)]
    public int StatusBatchSize { get; set; } = 500;

    /// <summary>How many of these calls are under way at once, in one process.</summary>
    [Range(1, 16)]
    public int StatusParallel { get; set; } = 4;

    /// <summary>How long an update waits for company.</summary>
    [Range(typeof(TimeSpan), "00:00:00.020", "01:00:00")]
    public TimeSpan StatusInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>Send errorId as a string instead of an integer. Vipps' documents show both; its worked examples show integers.</summary>
    public bool ErrorIdAsString { get; set; }

    /// <summary>Whether Vipps' details prove that an OK arrived (ENGINE 9). They may only echo what we report.</summary>
    public bool DetailsProvesAnswer { get; set; }

    /// <summary>How old a batch without an answer must be before details tell whether it had its effect (ENGINE 28). Vipps applies at night.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "7.00:00:00")]
    public TimeSpan DetailsAfter { get; set; } = TimeSpan.FromHours(30);

    /// <summary>Hosts, with their subdomains, that a step-up may send the customer back to. An empty list means Vipps' own.</summary>
    public IList<string> OperationHosts { get; } = [];

    public IReadOnlyList<string> AllowedHosts => OperationHosts.Count == 0 ? OwnHosts : [.. OperationHosts];

    /// <summary>Enables force approve, which Vipps has in its test environment only.</summary>
    public bool TestEnvironment { get; set; }

    public Uri Address(string path) => new($"{BaseUrl?.AbsoluteUri.TrimEnd('/')}{path}");
}
