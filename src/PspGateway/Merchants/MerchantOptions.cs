namespace PspGateway.Merchants;

/// <summary>Merchants put into the database at start if they are absent, and an identity provider of the PSP's own, if it has one.</summary>
internal sealed class MerchantSeed
{
    public string MerchantSerialNumber { get; set; } = "";

    public string Name { get; set; } = "";

    public string ClientId { get; set; } = "";

    /// <summary>Stored hashed.</summary>
    public string ClientSecret { get; set; } = "";

    public string SubscriptionKey { get; set; } = "";

    /// <summary>Where customers may be sent back to, as scheme://host[:port] (or scheme: for an app's own).</summary>
    public IList<string> ReturnUrlOrigins { get; } = [];

    public string? AcquirerAccount { get; set; }
}

internal static class MerchantSettings
{
    public const string Section = "Merchants";

    /// <summary>The merchants stand at indexes of the same section that also has named keys.</summary>
    public static IReadOnlyList<MerchantSeed> Seeds(IConfiguration configuration) =>
    [
        .. configuration.GetSection(Section).GetChildren()
            .Where(child => int.TryParse(child.Key, out _))
            .Select(child => child.Get<MerchantSeed>())
            .OfType<MerchantSeed>(),
    ];
}
