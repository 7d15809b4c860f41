namespace PspGateway.IntegrationTests.World;

/// <summary>What a gateway is configured with against a simulator, as the environment of a deployment would.</summary>
internal static class Settings
{
    public const string Merchant = "123456";
    public const string OtherMerchant = "654321";

    /// <summary>Vipps knows it, and the gateway does not until it is added by command.</summary>
    public const string AddedMerchant = "777001";
    public const string ClientId = "simulated-shop-client";
    public const string ClientSecret = "simulated-shop-secret";
    public const string SubscriptionKey = "simulated-shop-subscription-key";
    public const string OtherClientId = "another-client";
    public const string OtherClientSecret = "another-secret";

    public static Dictionary<string, string?> For(string database, Uri gateway, Uri simulator, string keyFolder) => new(StringComparer.Ordinal)
    {
        ["ConnectionStrings:Postgres"] = database,
        ["Gateway:PublicBaseUrl"] = gateway.AbsoluteUri,
        ["Vipps:BaseUrl"] = simulator.AbsoluteUri,
        ["Vipps:ClientId"] = "simulated-psp-client",
        ["Vipps:ClientSecret"] = "simulated-psp-secret",
        ["Vipps:SubscriptionKey"] = "simulated-psp-subscription-key",
        ["Vipps:PspId"] = "C948DFD1546347568874C4DDC93A2E3C",
        ["Vipps:StatusInterval"] = "00:00:00.100",
        ["Vipps:DetailsAfter"] = "00:00:00",
        ["Acquirer:Adyen:BaseUrl"] = new Uri(simulator, "adyen/v72").AbsoluteUri,
        ["Acquirer:Adyen:ApiKey"] = "simulated-acquirer-api-key",
        ["Acquirer:Adyen:MerchantAccount"] = "TestAccount",
        ["Acquirer:Adyen:WebhookHmacKey"] = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056",
        ["MakePayment:SigningKeys:0:Id"] = "t1",
        ["MakePayment:SigningKeys:0:Key"] = Convert.ToBase64String(Enumerable.Range(1, 32).Select(i => (byte)i).ToArray()),
        ["Vault:MasterKey"] = Convert.ToBase64String(Enumerable.Range(100, 32).Select(i => (byte)i).ToArray()),
        ["Vault:KeyFolder"] = keyFolder,
        ["Merchants:0:MerchantSerialNumber"] = Merchant,
        ["Merchants:0:Name"] = "Shop",
        ["Merchants:0:ClientId"] = ClientId,
        ["Merchants:0:ClientSecret"] = ClientSecret,
        ["Merchants:0:SubscriptionKey"] = SubscriptionKey,
        ["Merchants:0:ReturnUrlOrigins:0"] = "https://shop.example",
        ["Merchants:1:MerchantSerialNumber"] = OtherMerchant,
        ["Merchants:1:Name"] = "Another shop",
        ["Merchants:1:ClientId"] = OtherClientId,
        ["Merchants:1:ClientSecret"] = OtherClientSecret,
        ["Merchants:1:SubscriptionKey"] = SubscriptionKey,
        ["Merchants:1:ReturnUrlOrigins:0"] = "https://other.example",
    };
}
