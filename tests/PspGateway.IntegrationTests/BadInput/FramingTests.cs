using System.Text;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>
/// Requests whose end two servers could see in two places. A proxy before us and we must never disagree: what is ambiguous is refused, and the
/// connection closed, so that what follows is nobody's request.
/// </summary>
public sealed class FramingTests(TestWorld world) : IClassFixture<TestWorld>
{
    private const string Chunked = "Transfer-Encoding: chunked\r\n";

    public static TheoryData<string, string, string> Ambiguous => new()
    {
        { "a negative length", "Content-Length: -1\r\n", "{1}" },
        { "a length in hex", "Content-Length: 0x10\r\n", "{1}" },
        { "a length of too many digits", "Content-Length: 99999999999999999999\r\n", "{1}" },
        { "a length that is no number", "Content-Length: many\r\n", "{1}" },
        { "an empty length", "Content-Length:\r\n", "{1}" },
        { "a length in a list", "Content-Length: {0}, {0}\r\n", "{1}" },
        { "two lengths that differ", "Content-Length: {0}\r\nContent-Length: 5\r\n", "{1}" },
        { "two lengths that agree", "Content-Length: {0}\r\nContent-Length: {0}\r\n", "{1}" },
        { "a length and chunks", "Content-Length: {0}\r\n" + Chunked, "{2}" },
        { "chunks and a length", Chunked + "Content-Length: {0}\r\n", "{2}" },
        { "a short length and chunks", "Content-Length: 4\r\n" + Chunked, "{2}" },
        { "an unknown transfer encoding", "Transfer-Encoding: xchunked\r\n", "{2}" },
        { "an encoding after chunked", "Transfer-Encoding: chunked, identity\r\n", "{2}" },
        { "chunked twice", Chunked + "Transfer-Encoding: identity\r\n", "{2}" },
        { "a space before the colon", "Content-Length : {0}\r\n", "{1}" },
        { "a folded header", "Content-Length: {0}\r\nX-Folded: a\r\n b\r\n", "{1}" },
        { "a header without a colon", "Content-Length: {0}\r\nnonsense\r\n", "{1}" },
        { "a header without a name", "Content-Length: {0}\r\n: value\r\n", "{1}" },
        { "a bare line feed", "Content-Length: {0}\r\nX-A: b\n", "{1}" },
        { "a bare line feed before a header", "X-A: b\nContent-Length: {0}\r\n", "{1}" },
        { "a bare carriage return", "Content-Length: {0}\r\nX-A: b\rc\r\n", "{1}" },
        { "a null byte in a name", "Content-Length: {0}\r\nX-\0A: b\r\n", "{1}" },
        { "a chunk size in 0x", Chunked, "0x{3}\r\n{1}\r\n0\r\n\r\n" },
        { "a chunk size with a sign", Chunked, "+{3}\r\n{1}\r\n0\r\n\r\n" },
        { "a negative chunk size", Chunked, "-{3}\r\n{1}\r\n0\r\n\r\n" },
        { "a chunk size of too many digits", Chunked, "FFFFFFFFFFFFFFFFF\r\n{1}\r\n0\r\n\r\n" },
        { "a chunk size that wraps", Chunked, "100000000{3}\r\n{1}\r\n0\r\n\r\n" },
        { "no chunk size", Chunked, "\r\n{1}\r\n0\r\n\r\n" },
        { "a chunk size that is no number", Chunked, "zz\r\n{1}\r\n0\r\n\r\n" },
        { "a chunk that is longer than it says", Chunked, "1\r\n{1}\r\n0\r\n\r\n" },
        { "a chunk without its end", Chunked, "{3}\r\n{1}0\r\n\r\n" },
        { "a chunk ended by a line feed", Chunked, "{3}\n{1}\n0\n\n" },
    };

    [Theory]
    [MemberData(nameof(Ambiguous))]
    public async Task An_ambiguous_request_is_400_and_the_connection_is_closed(string name, string framing, string body)
    {
        var payment = await world.Merchant.CreateAsync();
        var callback = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>();
        var bearer = await world.Merchant.TokenAsync();
        var reference = MerchantClient.AReference();
        var merchant = MerchantClient.ABody(reference).ToJsonString();
        const string vipps = """{"paymentState":"USER_CANCEL"}""";

        // What follows would be answered 404 if it were taken for a request.
        const string smuggled = "GET /smuggled HTTP/1.1\r\nHost: gateway\r\n\r\n";
        string[] requests =
        [
            $"POST /vipps/make-payment HTTP/1.1\r\nHost: gateway\r\nAuthorization: {callback}\r\n{Framed(framing, body, vipps)}{smuggled}",
            $"POST /epayment/v1/payments HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {bearer}\r\nMerchant-Serial-Number: {Settings.Merchant}\r\nIdempotency-Key: {reference}\r\n{Framed(framing, body, merchant)}{smuggled}",
            $"POST /acquirers/adyen/notifications HTTP/1.1\r\nHost: gateway\r\n{Framed(framing, body, "{}")}{smuggled}",
        ];
        foreach (var request in requests)
        {
            var answer = await RawHttp.SendAsync(world.GatewayUrl, request);
            Assert.True((answer.Status, answer.Answers) == (400, 1), $"{name}, at {request[..40]}: {answer.Text}");
        }

        Assert.Equal("CREATED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from payments where reference = '{reference}'"));
    }

    [Theory]
    [InlineData("Content-Length: {0}\r\nConnection: close\r\n", "{1}")]
    [InlineData("Content-Length: +{0}\r\nConnection: close\r\n", "{1}")] // Kestrel reads the sign, and gives nobody the header as it came.
    [InlineData(Chunked + "Connection: close\r\n", "{2}")]
    [InlineData(Chunked + "Connection: close\r\n", "{3};name=value\r\n{1}\r\n0\r\nTrailer: x\r\n\r\n")]
    [InlineData(Chunked + "Connection: close\r\n", "000{3}\r\n{1}\r\n0\r\n\r\n")]
    public async Task A_request_with_one_end_is_taken(string framing, string body)
    {
        var bearer = await world.Merchant.TokenAsync();
        var reference = MerchantClient.AReference();

        var answer = await RawHttp.SendAsync(
            world.GatewayUrl,
            $"POST /epayment/v1/payments HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {bearer}\r\nMerchant-Serial-Number: {Settings.Merchant}\r\nIdempotency-Key: {reference}\r\n{Framed(framing, body, MerchantClient.ABody(reference).ToJsonString())}");

        Assert.Equal(201, answer.Status);
    }

    /// <summary>{0} is the length, {1} the content, {2} the content in chunks, {3} its length in hex.</summary>
    private static string Framed(string framing, string body, string content)
    {
        var length = Encoding.UTF8.GetByteCount(content);
        var chunks = $"{length:X}\r\n{content}\r\n0\r\n\r\n";
        string Fill(string text) => text.Replace("{0}", $"{length}", StringComparison.Ordinal).Replace("{1}", content, StringComparison.Ordinal).Replace("{2}", chunks, StringComparison.Ordinal).Replace("{3}", $"{length:X}", StringComparison.Ordinal);
        return $"{Fill(framing)}\r\n{Fill(body)}";
    }
}

/// <summary>Requests that come too slowly. Each waits for its own limit, so all go at once.</summary>
public sealed class SlowRequestTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task Bodies_and_headers_that_come_a_byte_at_a_time_are_given_up()
    {
        var payment = await world.Merchant.CreateAsync();
        var callback = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>();
        var bearer = await world.Merchant.TokenAsync();
        var reference = MerchantClient.AReference();
        var head = $"POST /epayment/v1/payments HTTP/1.1\r\nHost: gateway\r\nAuthorization: Bearer {bearer}\r\nMerchant-Serial-Number: {Settings.Merchant}\r\nIdempotency-Key: {reference}\r\n";

        var makePayment = SlowlyAsync($"POST /vipps/make-payment HTTP/1.1\r\nHost: gateway\r\nAuthorization: {callback}\r\nContent-Length: 60\r\n\r\n", """{"paymentState":"USER_CANCEL"}""" + new string(' ', 30));
        var create = SlowlyAsync($"{head}Content-Length: {MerchantClient.ABody(reference).ToJsonString().Length}\r\n\r\n", MerchantClient.ABody(reference).ToJsonString());
        var chunked = SlowlyAsync($"{head}Transfer-Encoding: chunked\r\n\r\n", "1\r\n{\r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n1\r\n \r\n");
        var notification = SlowlyAsync("POST /acquirers/adyen/notifications HTTP/1.1\r\nHost: gateway\r\nContent-Length: 60\r\n\r\n", new string(' ', 60));
        var headers = SlowlyAsync("", "GET /health/live HTTP/1.1\r\nHost: gateway\r\n\r\n");

        Assert.Equal((408, ""), ((await makePayment).Status, (await makePayment).Body));
        foreach (var slow in (Task<RawAnswer>[])[create, chunked])
        {
            Assert.Equal(408, (await slow).Status);
            Assert.Contains("application/problem+json", (await slow).Text, StringComparison.Ordinal);
        }

        Assert.Equal(408, (await notification).Status);
        Assert.Equal(408, (await headers).Status);
        Assert.Equal("CREATED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from payments where reference = '{reference}'"));
    }

    private Task<RawAnswer> SlowlyAsync(string atOnce, string slowly) => RawHttp.SendAsync(world.GatewayUrl, async stream =>
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(atOnce));
        foreach (var letter in Encoding.ASCII.GetBytes(slowly))
        {
            await stream.WriteAsync(new[] { letter });
            await Task.Delay(TimeSpan.FromSeconds(atOnce.Length == 0 ? 0.2 : 1));
        }
    });
}
