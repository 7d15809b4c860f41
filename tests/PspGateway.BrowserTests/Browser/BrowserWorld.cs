using PspGateway.IntegrationTests.World;

namespace PspGateway.BrowserTests.Browser;

/// <summary>A gateway and a simulator whose shop is the merchant.</summary>
public sealed class BrowserWorld(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Merchants:0:ReturnUrlOrigins:0"] = SimulatorUrl.GetLeftPart(UriPartial.Authority),
        ["Merchants:0:ReturnUrlOrigins:1"] = "https://shop.example",
        ["Vipps:OperationHosts:0"] = "127.0.0.1",
    };

    protected override bool OnALine => true;

    public Uri Shop => new(SimulatorUrl, "shop");

    /// <summary>A payment whose customer has not decided, with the link that Vipps sends the customer to afterwards.</summary>
    internal async Task<(CreatedPayment Payment, string Return)> AnOpenPaymentAsync(long amount = 49_900)
    {
        var payment = await Merchant.CreateAsync(amount, body => body["returnUrl"] = Shop.AbsoluteUri);
        return (payment, (await Vipps.PaymentAsync(payment.PspTransactionId))["pspRedirectUrl"]!.GetValue<string>());
    }

    /// <summary>A payment whose bank wants to see the customer, with the gateway's page for that and the link for afterwards.</summary>
    internal async Task<(CreatedPayment Payment, Uri Page, string Return)> AStepUpAsync(long amount = 920_100)
    {
        var (payment, link) = await AnOpenPaymentAsync(amount);
        var posted = await Vipps.PostAsync(payment.PspTransactionId);
        Assert.Equal("SOFT_DECLINE", posted.PaymentStatus);
        return (payment, new Uri(posted.Url3dSecure!), link);
    }

    /// <summary>The step-up's ten minutes are over; or nobody is to know of it any more.</summary>
    internal Task LetTimePassAsync(CreatedPayment payment, string interval = "1 second") =>
        ExecuteAsync($"update step_ups set expires_at = clock_timestamp() - interval '{interval}' where payment_id = '{Guid.Parse(payment.PspTransactionId)}'");
}
