using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.IdentityModel.Tokens;
using PspGateway.IntegrationTests.World;
using PspGateway.Merchants;

namespace PspGateway.IntegrationTests.Tokens;

/// <summary>Tokens that nobody issued, over HTTP by hand. The gateway's own keys sign many of them, which no attacker could do.</summary>
public sealed class TokenAttackTests(TestWorld world, ITestOutputHelper output) : IClassFixture<TestWorld>
{
    private static readonly byte[] CallbackKey = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    [Fact]
    public async Task Makepayment_answers_every_forged_token_with_the_same_bare_401()
    {
        var payment = await world.Merchant.CreateAsync();
        var other = await world.Merchant.CreateAsync();
        var own = AToken.Of(await CallbackTokenAsync(payment), CallbackKey);
        Assert.Equal(await CallbackTokenAsync(payment), own.Text);
        var forgeries = Forgeries.Of(new Target(own, await CallbackTokenAsync(other), await AccessTokenAsync())).ToList();
        forgeries.AddRange(
        [
            new Forgery("another payment's token", await CallbackTokenAsync(other)),
            new Forgery("none", ""),
            new Forgery("aud as a list with ours", own.Claim("aud", new JsonArray("mp", "other")).Text),
            new Forgery("a token of the same payment that was not issued", own.Claim("exp", 4102444800L).Text),
            new Forgery("another amount", own.Claim("amt", "1").Text),
            new Forgery("another merchant", own.Claim("msn", Settings.OtherMerchant).Text),
        ]);

        var answers = await SendAllAsync(forgeries.Select(f => (f.Name, MakePayment(payment, $"Authorization: {f.Token}\r\n"))).Concat(Doubled(own.Text).Select(d => (d.Name, MakePayment(payment, d.Headers)))));

        AssertUniform(answers, 401);
        var answer = answers.First().Answer;
        Assert.Empty(answer.Body);
        Assert.DoesNotContain("WWW-Authenticate", answer.Text, StringComparison.OrdinalIgnoreCase);
        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
        Assert.Equal("CREATED", await world.Merchant.StateAsync(payment.Reference));

        // The control: what was forged works as it was issued.
        var right = await RawHttp.SendAsync(world.GatewayUrl, MakePayment(payment, $"Authorization: {own.Text}\r\n"));
        Assert.Equal(200, right.Status);
        Assert.Contains("\"status\":\"OK\"", right.Body, StringComparison.Ordinal);
        output.WriteLine($"{answers.Count} tokens refused.");
    }

    [Fact]
    public async Task The_merchant_API_answers_every_forged_token_with_the_same_401()
    {
        var payment = await world.Merchant.CreateAsync();
        var own = await AccessTokenAsync();
        Assert.Equal(await world.Merchant.TokenAsync(), own.Text);
        var others = new MerchantClient(world.Http, world.GatewayUrl, Settings.OtherMerchant, Settings.OtherClientId, Settings.OtherClientSecret);
        var forgeries = Forgeries.Of(new Target(own, await others.TokenAsync(), AToken.Of(await CallbackTokenAsync(payment), CallbackKey))).ToList();
        forgeries.AddRange(
        [
            new Forgery("a callback's token", await CallbackTokenAsync(payment)),
            new Forgery("no issuer", own.WithoutClaim("iss").Text),
            new Forgery("another issuer", own.Claim("iss", "somebody").Text),
            new Forgery("issuer null", own.Claim("iss", null).Text),
            new Forgery("issuers in a list", own.Claim("iss", new JsonArray("somebody")).Text),
        ]);

        var answers = await SendAllAsync(forgeries.Select(f => (f.Name, Get(payment.Reference, $"Authorization: Bearer {f.Token}\r\n")))
            .Concat(Doubled("Bearer " + own.Text).Select(d => (d.Name, Get(payment.Reference, d.Headers))))
            .Append(("without Bearer", Get(payment.Reference, $"Authorization: {own.Text}\r\n"))));

        AssertUniform(answers, 401);
        Assert.Contains("application/problem+json", answers.First().Answer.Text, StringComparison.Ordinal);
        foreach (var scheme in (string[])["Bearer", "bearer"])
        {
            Assert.Equal(200, (await RawHttp.SendAsync(world.GatewayUrl, Get(payment.Reference, $"Authorization: {scheme} {own.Text}\r\n"))).Status);
        }

        output.WriteLine($"{answers.Count} tokens refused.");
    }

    [Theory]
    [InlineData("a null byte", "\0")]
    [InlineData("a bare carriage return", "\r")]
    [InlineData("a byte that is no UTF-8", "\uffff")]
    public async Task A_header_that_is_no_HTTP_is_refused_before_it_is_read(string name, string letter)
    {
        var payment = await world.Merchant.CreateAsync();
        var token = await CallbackTokenAsync(payment);
        var request = Encoding.UTF8.GetBytes(MakePayment(payment, $"Authorization: {token[..10]}{letter}{token[10..]}\r\n"));
        var at = Array.IndexOf(request, (byte)0xEF);
        if (at >= 0)
        {
            request[at] = 0xFF;
        }

        Assert.Equal((400, name), ((await RawHttp.SendAsync(world.GatewayUrl, request)).Status, name));
        Assert.Equal("CREATED", await world.Merchant.StateAsync(payment.Reference));
    }

    [Fact]
    public async Task A_payment_that_is_unknown_and_a_token_that_is_wrong_look_the_same()
    {
        var payment = await world.Merchant.CreateAsync();
        var other = await world.Merchant.CreateAsync();
        var unknown = new CreatedPayment("", Guid.CreateVersion7().ToString("N"), "");
        var own = await CallbackTokenAsync(payment);
        var forged = AToken.Of(own, CallbackKey).SignedBy(new byte[32]);
        var (forgedKnown, forgedUnknown) = (forged.Text, forged.Claim("sub", unknown.PspTransactionId).Text);
        var signed = AToken.Of(own, CallbackKey).Claim("exp", 4102444800L);
        var (signedKnown, signedUnknown) = (signed.Text, signed.Claim("sub", unknown.PspTransactionId).Text);

        await CompareAsync("a forged token for a payment that is known, and for one that is not", MakePayment(payment, $"Authorization: {forgedKnown}\r\n"), MakePayment(unknown, $"Authorization: {forgedUnknown}\r\n"));
        await CompareAsync("our own key's token that was not issued, for a payment that is known, and for one that is not", MakePayment(payment, $"Authorization: {signedKnown}\r\n"), MakePayment(unknown, $"Authorization: {signedUnknown}\r\n"));
        await CompareAsync("a right token with a body that names another payment, and an unknown one", MakePayment(other, $"Authorization: {own}\r\n"), MakePayment(unknown, $"Authorization: {own}\r\n"));
        var stranger = new MerchantClient(world.Http, world.GatewayUrl, Settings.OtherMerchant, Settings.OtherClientId, Settings.OtherClientSecret);
        var bearer = $"Authorization: Bearer {await stranger.TokenAsync()}\r\n";
        await CompareAsync("another merchant's reference, and an unknown one", Get(payment.Reference, bearer, Settings.OtherMerchant), Get(MerchantClient.AReference(), bearer, Settings.OtherMerchant));
    }

    /// <summary>The same bytes come back for both. The times are for the reader: a busy machine is no reason to fail.</summary>
    private async Task CompareAsync(string what, string first, string second)
    {
        var times = new[] { new List<double>(), new List<double>() };
        string[] requests = [first, second];
        var answers = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < 150; i++)
        {
            // Who goes first takes turns.
            foreach (var which in (int[])[i % 2, 1 - (i % 2)])
            {
                var started = TimeProvider.System.GetTimestamp();
                answers.Add((await RawHttp.SendAsync(world.GatewayUrl, requests[which])).Uniform);
                times[which].Add(TimeProvider.System.GetElapsedTime(started).TotalMilliseconds);
            }
        }

        Assert.Single(answers);
        output.WriteLine($"{what}: medians of 150 are {Median(times[0]):F3} and {Median(times[1]):F3} ms.");
    }

    private static double Median(List<double> values) => values.Order().ElementAt(values.Count / 2);

    private async Task<string> CallbackTokenAsync(CreatedPayment payment) => (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>();

    private async Task<AToken> AccessTokenAsync()
    {
        var token = await world.Merchant.TokenAsync();
        var kid = JsonNode.Parse(AToken.Of(token, []).HeaderJson)!["kid"]!.GetValue<string>();
        return AToken.Of(token, ((SymmetricSecurityKey)world.Service<AccessTokens>().KeysFor(kid).Single()).Key);
    }

    private async Task<IReadOnlyCollection<(string Name, RawAnswer Answer)>> SendAllAsync(IEnumerable<(string Name, string Request)> requests)
    {
        var answers = new ConcurrentQueue<(string, RawAnswer)>();
        await Parallel.ForEachAsync(requests, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (r, _) => answers.Enqueue((r.Name, await RawHttp.SendAsync(world.GatewayUrl, r.Request))));
        return answers;
    }

    private static void AssertUniform(IReadOnlyCollection<(string Name, RawAnswer Answer)> answers, int status)
    {
        Assert.True(answers.Count >= 60, $"only {answers.Count} were tried");
        Assert.Empty(answers.Where(a => a.Answer.Status != status).Select(a => $"{a.Name}: {a.Answer.Status}"));
        Assert.Single(answers.Select(a => a.Answer.Uniform).Distinct(StringComparer.Ordinal));
    }

    /// <summary>The right token, in a place or a company where it does not count.</summary>
    private static IEnumerable<(string Name, string Headers)> Doubled(string credentials) =>
    [
        ("two headers, both right", $"Authorization: {credentials}\r\nAuthorization: {credentials}\r\n"),
        ("two headers, the first right", $"Authorization: {credentials}\r\nAuthorization: x\r\n"),
        ("two headers, the second right", $"Authorization: x\r\nAuthorization: {credentials}\r\n"),
        ("two headers, one empty", $"Authorization: {credentials}\r\nAuthorization:\r\n"),
        ("no header", ""),
        ("an empty header", "Authorization:\r\n"),
        ("only the word Bearer", "Authorization: Bearer\r\n"),
        ("another header", $"X-Authorization: {credentials}\r\n"),
        ("the proxy's header", $"Proxy-Authorization: {credentials}\r\n"),
        ("a cookie", $"Cookie: Authorization={credentials}; access_token={credentials}\r\n"),
    ];

    private static string Get(string reference, string headers, string merchant = Settings.Merchant) =>
        $"GET /epayment/v1/payments/{reference} HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nMerchant-Serial-Number: {merchant}\r\n{headers}\r\n";

    private static string MakePayment(CreatedPayment payment, string headers)
    {
        var body = $$$"""
            {"pspTransactionId":"{{{payment.PspTransactionId}}}","merchantSerialNumber":"{{{Settings.Merchant}}}","paymentState":"ACCEPTED","paymentInstrument":"TOKEN",
            "networkToken":{"number":"5000000000000001","cryptogram":"aFgdgjdkfgjdFDF=","expiryMonth":"03","expiryYear":"2030","tokenType":"VISA","eci":"7"}}
            """;
        return $"POST /vipps/make-payment HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nContent-Type: application/json\r\nContent-Length: {Encoding.UTF8.GetByteCount(body)}\r\n{headers}\r\n{body}";
    }
}
