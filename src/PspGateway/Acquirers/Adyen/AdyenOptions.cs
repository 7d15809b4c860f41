using System.ComponentModel.DataAnnotations;

namespace PspGateway.Acquirers.Adyen;

/// <summary>When a modification counts as done.</summary>
internal enum ModificationProof
{
    /// <summary>When Adyen notifies.</summary>
    Notification,

    /// <summary>When Adyen has received it.</summary>
    Response,
}

internal sealed class AdyenOptions
{
    public const string Section = "Acquirer:Adyen";

    /// <summary>Up to and including the version, for example https://checkout-test.adyen.com/v72; http on loopback only.</summary>
    [Required]
    public Uri? BaseUrl { get; set; }

    [Required]
    public string ApiKey { get; set; } = "";

    /// <summary>The account of merchants that have none of their own.</summary>
    [Required]
    public string MerchantAccount { get; set; } = "";

    /// <summary>Hex. Without it every notification is refused.</summary>
    public string? WebhookHmacKey { get; set; }

    public ModificationProof ConfirmModifications { get; set; } = ModificationProof.Notification;

    /// <summary>Whether the account may capture in parts. False: the first partial capture releases the rest.</summary>
    public bool MultiplePartialCaptures { get; set; } = true;

    public Uri Address(string path) => new($"{BaseUrl?.AbsoluteUri.TrimEnd('/')}{path}");
}
