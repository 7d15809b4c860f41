using System.Text;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>Naughty strings in headers and paths of the merchant API, written by hand since no client sends them.</summary>
public sealed class MerchantHeaderTests(TestWorld world, ITestOutputHelper output) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task A_naughty_header_is_named_or_taken_as_any_other()
    {
        var token = await world.Merchant.TokenAsync();
        var strings = await HeadersOfOneLineAsync();

        // The empty object names the amount where the header was taken.
        var count = await Barrage.RunAsync(strings, async text => Judge(await CreateAsync(token, "{}", $"Idempotency-Key: {text}"), "Idempotency-Key", "amount"));
        count += await Barrage.RunAsync(strings, async text => Judge(await SendAsync("GET /epayment/v1/payments/some-reference", $"Authorization: Bearer {token}\r\nMerchant-Serial-Number: {text}"), "Merchant-Serial-Number", null));
        count += await Barrage.RunAsync(strings, async text => Judge(await CreateAsync(token, "{}", $"Idempotency-Key: {Guid.NewGuid()}\r\nVipps-System-Name: {text}\r\nVipps-System-Plugin-Version: {text}"), "amount", null));
        output.WriteLine($"{count} inputs.");
    }

    [Fact]
    public async Task Naughty_credentials_are_401_or_named_until_there_are_too_many()
    {
        var headers = (string[])["client_id", "client_secret", "Ocp-Apim-Subscription-Key"];
        var strings = await HeadersOfOneLineAsync();

        var count = await Barrage.RunAsync(headers.SelectMany(h => strings.Select(s => (Header: h, Text: s))), async input =>
        {
            var lines = string.Join("\r\n", headers.Select(h => $"{h}: {(h == input.Header ? input.Text : "some")}"));
            var answer = await SendAsync("POST /accesstoken/get", lines + "\r\nContent-Length: 0");
            return Barrage.Unless(answer.Status is 401 or 429 || (answer.Status == 400 && answer.Body.Contains(input.Header, StringComparison.Ordinal)), answer.Text);
        });
        Assert.Equal(200, (await SendAsync("POST /accesstoken/get", $"client_id: {Settings.ClientId}\r\nclient_secret: {Settings.ClientSecret}\r\nOcp-Apim-Subscription-Key: {Settings.SubscriptionKey}\r\nContent-Length: 0")).Status);
        output.WriteLine($"{count} inputs.");
    }

    [Fact]
    public async Task A_naughty_reference_in_a_path_names_no_payment()
    {
        var payment = await world.Merchant.CreateAsync();
        var token = await world.Merchant.TokenAsync();
        var headers = $"Authorization: Bearer {token}\r\nMerchant-Serial-Number: {Settings.Merchant}\r\nContent-Length: 0";
        var strings = await PublishedInputs.NaughtyStringsAsync();

        var count = await Barrage.RunAsync(strings.SelectMany(s => (string[])["GET /epayment/v1/payments/{0}", "GET /epayment/v1/payments/{0}/events", "POST /epayment/v1/test/payments/{0}/approve"], (s, route) => (Text: s, Route: route)), async input =>
        {
            var answer = await SendAsync(string.Format(input.Route, Uri.EscapeDataString(input.Text)), headers);
            return Barrage.Unless(answer.Status is 400 or 404 or 405 && !answer.Body.Contains(payment.PspTransactionId, StringComparison.Ordinal), answer.Text);
        });
        count += await Barrage.RunAsync(strings, async text =>
        {
            // As it is: mostly no HTTP at all.
            var answer = await SendAsync($"GET /epayment/v1/payments/{text}", headers);
            return Barrage.Unless(answer.Status is null or 400 or 404 or 405 or 414 or 505, answer.Text);
        });
        Assert.Equal(200, (await SendAsync($"GET /epayment/v1/payments/{payment.Reference}", headers)).Status);
        output.WriteLine($"{count} inputs.");
    }

    [Fact]
    public async Task An_odd_Idempotency_Key_that_is_taken_gives_the_same_bytes_again()
    {
        var token = await world.Merchant.TokenAsync();
        foreach (var odd in (string[])["' or 1=1 --", "../../etc/passwd", "<script>alert(1)</script>", "%00%0a", "null", "1;drop table payments", "${jndi:ldap://x}", "\\u0000", "a  b"])
        {
            var key = $"{odd} again";
            var body = MerchantClient.ABody(MerchantClient.AReference()).ToJsonString();
            var first = await CreateAsync(token, body, $"Idempotency-Key: {key}");
            var second = await CreateAsync(token, body, $"Idempotency-Key: {key}");
            Assert.Equal((201, first.Body), (first.Status, second.Body));
            Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from idempotency_keys where key = '{key.Replace("'", "''", StringComparison.Ordinal)}'"));
        }
    }

    /// <summary>A header is one line: a string of several is another request.</summary>
    private static async Task<IReadOnlyList<string>> HeadersOfOneLineAsync() =>
        [.. (await PublishedInputs.NaughtyStringsAsync()).Where(s => !s.Any(c => c is '\r' or '\n' or '\0'))];

    private static string? Judge(RawAnswer answer, string named, string? orElse)
    {
        var name = answer.Status == 400 && answer.Body.Length > 0 ? JsonNode.Parse(answer.Body)!["extraDetails"]?[0]?["name"]?.GetValue<string>() : null;
        return Barrage.Unless((name is not null && (name == named || name == orElse)) || (orElse is null && answer.Status is 403 or 404), answer.Text);
    }

    private Task<RawAnswer> CreateAsync(string token, string body, string headers) => SendAsync(
        "POST /epayment/v1/payments",
        $"Authorization: Bearer {token}\r\nMerchant-Serial-Number: {Settings.Merchant}\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}",
        body);

    private Task<RawAnswer> SendAsync(string target, string headers, string body = "") => RawHttp.SendAsync(world.GatewayUrl, $"{target} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\n{headers}\r\n\r\n{body}");
}
