using System.Globalization;
using System.Net;
using PspGateway.IntegrationTests.World;
using PspGateway.Merchants;
using PspGateway.Storage;

namespace PspGateway.IntegrationTests;

/// <summary>`merchants …`, as an operator types it, beside a gateway that runs.</summary>
public sealed class MerchantsCommandTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task A_merchant_that_is_added_can_take_payments_at_once_and_none_when_disabled()
    {
        var secret = SecretIn(await RunAsync(0, "add", Settings.AddedMerchant, "--name", "Bakery", "--client-id", "bakery", "--subscription-key", Settings.SubscriptionKey, "--return-url-origin", "https://shop.example", "--acquirer-account", "BakeryAccount"));
        var bakery = new MerchantClient(world.Http, world.GatewayUrl, Settings.AddedMerchant, "bakery", secret);

        var payment = await bakery.CreateAsync();

        Assert.Equal("BakeryAccount", await world.QueryAsync<string>($"select acquirer_account from payments where id = '{Guid.Parse(payment.PspTransactionId)}'"));
        Assert.Contains(Settings.AddedMerchant, await RunAsync(0, "list"), StringComparison.Ordinal);
        await RunAsync(0, "disable", Settings.AddedMerchant);
        Assert.Equal(HttpStatusCode.Forbidden, (await bakery.PostAsync(MerchantClient.ABody(MerchantClient.AReference()).ToJsonString(), "key-1")).Status);
        await RunAsync(0, "enable", Settings.AddedMerchant);
        await bakery.CreateAsync();
        await RunAsync(1, "add", Settings.AddedMerchant, "--name", "Again", "--client-id", "bakery", "--subscription-key", "k");
    }

    [Fact]
    public async Task A_secret_is_rotated_with_an_overlap()
    {
        var first = SecretIn(await RunAsync(0, "add", "777002", "--name", "Kiosk", "--client-id", "kiosk", "--subscription-key", Settings.SubscriptionKey));
        var second = SecretIn(await RunAsync(0, "rotate", "kiosk", "--overlap", "1"));

        Assert.Equal(HttpStatusCode.OK, await LogInAsync(first));
        Assert.Equal(HttpStatusCode.OK, await LogInAsync(second));
        var third = SecretIn(await RunAsync(0, "rotate", "kiosk", "--overlap", "0"));
        Assert.Equal(HttpStatusCode.Unauthorized, await LogInAsync(first));
        Assert.Equal(HttpStatusCode.Unauthorized, await LogInAsync(second));
        Assert.Equal(HttpStatusCode.OK, await LogInAsync(third));
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from merchant_secrets where encode(hash, 'escape') like '%{third[..12]}%'"));
    }

    [Theory]
    [InlineData("is changed", "change", "654321", "--credit-cards", "no", "--acquirer-account", "Other")]
    public async Task A_merchant_is_changed(string told, params string[] args)
    {
        Assert.Contains(told, await RunAsync(0, args), StringComparison.Ordinal);
        Assert.Equal("Other", await world.QueryAsync<string>("select acquirer_account from merchants where merchant_serial_number = '654321'"));
        await RunAsync(0, "change", "654321", "--acquirer-account", "none");
        Assert.Equal(1, await world.QueryAsync<long>("select count(*) from merchants where merchant_serial_number = '654321' and acquirer_account is null and not accepts_credit_cards"));
    }

    [Theory]
    [InlineData(2, "MSN", "add", "12")]
    [InlineData(2, "--client-id is missing", "add", "777003", "--name", "X")]
    [InlineData(2, "--name needs a value", "add", "777003", "--name")]
    [InlineData(2, "is not known", "change", "123456", "--colour", "red")]
    [InlineData(2, "is no origin", "change", "123456", "--return-url-origin", "shop.example/path")]
    [InlineData(2, "yes or no", "change", "123456", "--credit-cards", "perhaps")]
    [InlineData(2, "merchants list", "dance")]
    [InlineData(1, "no merchant", "disable", "999999")]
    [InlineData(1, "no client", "rotate", "nobody")]
    public async Task What_is_wrong_with_a_command_is_said(int code, string told, params string[] args) => Assert.Contains(told, await RunAsync(code, args), StringComparison.Ordinal);

    private async Task<string> RunAsync(int code, params string[] args)
    {
        await using var database = new GatewayDatabase(world.Database);
        await using var output = new StringWriter(CultureInfo.InvariantCulture);
        Assert.Equal(code, await new MerchantsCommand(database, output, TimeProvider.System).RunAsync(args, TestContext.Current.CancellationToken));
        return output.ToString();
    }

    private static string SecretIn(string output) => output.Split("shown this once: ")[1].Split('\n')[0].Trim();

    private async Task<HttpStatusCode> LogInAsync(string secret)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.GatewayUrl, "accesstoken/get"));
        request.Headers.TryAddWithoutValidation("client_id", "kiosk");
        request.Headers.TryAddWithoutValidation("client_secret", secret);
        request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", Settings.SubscriptionKey);
        using var response = await world.Http.SendAsync(request);
        return response.StatusCode;
    }
}
