namespace PspGateway.Payments.StepUps;

/// <summary>What bounds a step-up. The wallet's door sets the hosts.</summary>
internal sealed class StepUpOptions
{
    /// <summary>Hosts that a step-up may send the customer to; their subdomains too.</summary>
    public IReadOnlyList<string> Hosts { get; set; } = [];

    /// <summary>From the soft decline to the end, whatever happens (ENGINE 11).</summary>
    public static readonly TimeSpan Life = TimeSpan.FromMinutes(10);

    /// <summary>How often one customer may start, where the first tries surely never left; and how often one authentication may be asked about.</summary>
    public const int MostAttempts = 5;
}
