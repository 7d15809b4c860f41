using PspGateway.IntegrationTests.World;

namespace PspGateway.BrowserTests.Browser;

/// <summary>A gateway and a simulator whose shop is the merchant.</summary>
public sealed class BrowserWorld(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Merchants:0:ReturnUrlOrigins:0"] = SimulatorUrl.GetLeftPart(UriPartial.Authority),
        ["Merchants:0:ReturnUrlOrigins:1"] = "https://shop.example",
    };

    public Uri Shop => new(SimulatorUrl, "shop");

    /// <summary>A payment whose customer has not decided, with the link that Vipps sends the customer to afterwards.</summary>
    internal async Task<(CreatedPayment Payment, string Return)> AnOpenPaymentAsync(long amount = 49_900)
    {
        var payment = await Merchant.CreateAsync(amount, body => body["returnUrl"] = Shop.AbsoluteUri);
        return (payment, (await Vipps.PaymentAsync(payment.PspTransactionId))["pspRedirectUrl"]!.GetValue<string>());
    }
}
