using System.Text;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

[Collection(Alone.Name)]
public sealed class MemoryTests(TestWorld world, ITestOutputHelper output) : IClassFixture<TestWorld>
{
    private const int Requests = 5000;

    /// <summary>A kilobyte per request that stayed would be five megabytes; the noise of pools and of the runtime is below two.</summary>
    private const long MostGrowth = 3 * 1024 * 1024;

    [Fact]
    public async Task Refused_requests_leave_nothing_in_memory()
    {
        var payment = await world.Merchant.CreateAsync();
        var callback = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>();
        await SendAsync(Requests, callback);
        var before = GC.GetTotalMemory(forceFullCollection: true);

        await SendAsync(Requests, callback);

        var growth = GC.GetTotalMemory(forceFullCollection: true) - before;
        output.WriteLine($"{Requests} refused requests: the heap grew by {growth} bytes, from {before}.");
        Assert.InRange(growth, long.MinValue, MostGrowth);
    }

    private Task<int> SendAsync(int count, string callback) => Barrage.RunAsync(Enumerable.Range(0, count), async i =>
    {
        using var request = (i % 5) switch
        {
            0 => Post("vipps/make-payment", "{\"a\":" + new string('[', 1000), "Authorization", callback),
            1 => Post("vipps/make-payment", $$"""{"paymentState":"{{new string('x', 10_000)}}"}""", "Authorization", callback),
            2 => Post("vipps/make-payment", "{}", "Authorization", $"{callback[..^6]}{i:D6}"),
            3 => Post("epayment/v1/payments", new string(' ', 60_000), "Authorization", $"Bearer {callback}"),
            _ => Post("acquirers/adyen/notifications", $$$"""{"notificationItems":[{"NotificationRequestItem":{"pspReference":"{{{i}}}"}}]}""", "X-Nothing", "x"),
        };
        using var response = await world.Http.SendAsync(request);
        var answer = await response.Content.ReadAsStringAsync();
        return Barrage.Unless((int)response.StatusCode is 400 or 401 || answer.Contains("\"errorId\":71", StringComparison.Ordinal), $"{response.StatusCode}");
    });

    private HttpRequestMessage Post(string path, string body, string header, string value)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.GatewayUrl, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation(header, value);
        return request;
    }
}
