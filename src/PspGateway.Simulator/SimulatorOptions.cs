namespace PspGateway.Simulator;

/// <summary>Every default matches the others, so that the simulator starts with no configuration. Its "secrets" guard nothing.</summary>
public sealed class SimulatorOptions
{
    public const string Section = "Simulator";

    /// <summary>The gateway: the shop calls its merchant API, the acquirer notifies it.</summary>
    public Uri GatewayBaseUrl { get; set; } = new("http://127.0.0.1:5080");

    /// <summary>The simulator's own address in links. Without it, the address that a request came to is used.</summary>
    public Uri? PublicBaseUrl { get; set; }

    public string ClientId { get; set; } = "simulated-psp-client";

    public string ClientSecret { get; set; } = "simulated-psp-secret";

    public string SubscriptionKey { get; set; } = "simulated-psp-subscription-key";

    public string PspId { get; set; } = "C948DFD1546347568874C4DDC93A2E3C";

    /// <summary>Merchants that Vipps knows; empty means <see cref="DefaultMerchants"/>.</summary>
    public IList<string> MerchantSerialNumbers { get; } = [];

    public TimeSpan AccessTokenLife { get; set; } = TimeSpan.FromHours(1);

    /// <summary>Whether the acquirer keeps the rest after a capture of a part.</summary>
    public bool MultiplePartialCaptures { get; set; } = true;

    public string AcquirerApiKey { get; set; } = "simulated-acquirer-api-key";

    /// <summary>Hexadecimal, as Adyen shows it in its customer area.</summary>
    public string WebhookHmacKey { get; set; } = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056";

    public string ShopMsn { get; set; } = "123456";

    public string ShopClientId { get; set; } = "simulated-shop-client";

    public string ShopClientSecret { get; set; } = "simulated-shop-secret";

    public string ShopSubscriptionKey { get; set; } = "simulated-shop-subscription-key";

    /// <summary>From an acquirer's answer to its effect (modifications) and to the first try of its notification.</summary>
    public TimeSpan NotificationDelay { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How long one try of a notification may take.</summary>
    public TimeSpan NotificationTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Tries of one notification; the pauses double from 250 ms to 5 s, so 20 tries last about 80 s.</summary>
    public int NotificationTries { get; set; } = 20;

    /// <summary>When an authorisation that answered Pending becomes Authorised.</summary>
    public TimeSpan PendingDelay { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Vipps guide: no answer to makePayment in 15 s is a failure.</summary>
    public TimeSpan CallbackTimeout { get; set; } = TimeSpan.FromSeconds(15);

    /// <summary>When nobody acts, Vipps posts TIMEOUT by itself.</summary>
    public TimeSpan ApprovalTimeout { get; set; } = TimeSpan.FromMinutes(5);

    /// <summary>If set, each book entry is also appended to this file as a line of JSON.</summary>
    public string? BooksFile { get; set; }

    private static readonly string[] DefaultMerchants = ["123456"];

    public bool KnowsMerchant(string msn) =>
        (MerchantSerialNumbers.Count > 0 ? MerchantSerialNumbers : DefaultMerchants).Contains(msn, StringComparer.Ordinal);

    public Uri PublicBase(HttpRequest request) => PublicBaseUrl ?? new Uri($"{request.Scheme}://{request.Host}");
}
