using System.Net;
using System.Text;
using System.Text.Json;
using PspGateway.Domain;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;
using PspGateway.IntegrationTests.World;
using PspGateway.Payments;
using PspGateway.Vipps;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>Whatever Vipps says to init is an outcome, and what cannot be read is no answer.</summary>
public sealed class VippsAnswerTests(WorldOfAnyAnswers world, ITestOutputHelper output) : IClassFixture<WorldOfAnyAnswers>
{
    [Fact]
    public async Task A_JSON_text_in_place_of_inits_answer_is_no_answer_or_a_refusal()
    {
        var count = await Barrage.RunAsync((await PublishedInputs.JsonTextsAsync()).SelectMany(text => (int[])[200, 201, 302, 400, 401, 403, 404, 429, 500], (text, status) => (Text: text, Status: status)), async input =>
        {
            var outcome = await InitiateAsync(new SaidAnswer(input.Status, input.Text.Bytes));
            return Barrage.Unless(input.Status is 400 or 403 or 404 ? outcome is InitiationOutcome.Refused { Text.Length: > 0 } : outcome is InitiationOutcome.Unknown, $"{outcome}");
        });
        output.WriteLine($"{count} inputs.");
    }

    [Fact]
    public async Task A_naughty_string_in_inits_answer_is_an_address_a_text_or_nothing()
    {
        var strings = await PublishedInputs.NaughtyStringsAsync();
        string[] all = [.. strings, .. strings.Select(s => "https://api.vipps.no/" + s)];
        var count = await Barrage.RunAsync(all, async text =>
        {
            var outcome = await InitiateAsync(new SaidAnswer(200, JsonSerializer.SerializeToUtf8Bytes(new { vippsRedirectUrl = text })));
            return outcome is InitiationOutcome.Initiated { RedirectUrl: var url } ? Barrage.Unless(url == text && text.All(c => c is > ' ' and <= '~'), $"took {url}") : Barrage.Unless(outcome is InitiationOutcome.Unknown, $"{outcome}");
        });
        count += await Barrage.RunAsync(strings, async text =>
        {
            var outcome = await InitiateAsync(new SaidAnswer(400, JsonSerializer.SerializeToUtf8Bytes(new[] { new { errorCode = text, errorMessage = text, contextId = text } })));
            return Barrage.Unless(outcome is InitiationOutcome.Refused { Text: var said } ? said.Length is > 0 and < 700 && !said.Any(char.IsControl) : outcome is InitiationOutcome.ReferenceTaken, $"{outcome}");
        });
        output.WriteLine($"{count} inputs.");
    }

    [Theory]
    [InlineData("application/json; charset=bogus", null, false, true)]
    [InlineData("text/html; charset=utf-7", null, false, true)]
    [InlineData("application/json", "gzip", false, false)]
    [InlineData("application/json", null, true, false)]
    public async Task An_answer_that_is_called_something_else_packed_or_cut_is_read_where_it_can_be(string contentType, string? encoding, bool cut, bool read)
    {
        var body = Packed.As(encoding, """{"vippsRedirectUrl":"https://api.vipps.no/landing"}"""u8.ToArray());

        Assert.Equal(read, await InitiateAsync(new SaidAnswer(200, body, contentType, encoding, cut)) is InitiationOutcome.Initiated);
        Assert.IsType<InitiationOutcome.Unknown>(await InitiateAsync(new SaidAnswer(200, new byte[300 * 1024])));
    }

    [Theory]
    [InlineData("""{"vippsRedirectUrl":"https://api.vipps.no/\u0000"}""", "application/json")]
    [InlineData("""{"vippsRedirectUrl":"https://api.vipps.no/\ud800"}""", "application/json")]
    [InlineData("""{"vippsRedirectUrl":["https://api.vipps.no/"]}""", "application/json")]
    [InlineData("""{"vippsRedirectUrl":"https://api.vipps.no/","vippsRedirectUrl":"https://evil.example/"}""", "application/json")]
    [InlineData("<html>", "text/html; charset=bogus")]
    public async Task An_answer_that_is_none_is_502_for_the_merchant_and_the_same_key_resumes(string said, string contentType)
    {
        var body = MerchantClient.ABody(MerchantClient.AReference()).ToJsonString();
        var key = Guid.NewGuid().ToString();
        await world.Server.SayAsync("nobody", world.Server.Otherwise);

        world.Server.Otherwise = new SaidAnswer(200, Encoding.UTF8.GetBytes(said), contentType);
        var unanswered = await world.Merchant.PostAsync(body, key);
        world.Server.Otherwise = new SaidAnswer(200, """{"vippsRedirectUrl":"https://api.vipps.no/landing"}"""u8.ToArray());
        var resumed = await world.Merchant.PostAsync(body, key);

        Assert.Equal((HttpStatusCode.BadGateway, HttpStatusCode.Created), (unanswered.Status, resumed.Status));
        Assert.Equal("https://api.vipps.no/landing", resumed.Json["redirectUrl"]!.GetValue<string>());
    }

    private async Task<InitiationOutcome> InitiateAsync(SaidAnswer answer)
    {
        var id = new PspTransactionId(Guid.NewGuid());
        await world.Server.SayAsync(id.ToString(), answer);
        return await world.Service<IWallet>().InitiateAsync(AnInitiation.Of(id), CancellationToken.None);
    }
}

/// <summary>Whatever Vipps says to a call for an access token: without a usable one nothing is sent.</summary>
public sealed class VippsAccessTokenAnswerTests(WorldOfAnyAnswers world, ITestOutputHelper output) : IClassFixture<WorldOfAnyAnswers>
{
    [Fact]
    public async Task A_JSON_text_or_a_naughty_string_in_place_of_an_access_token_is_none_unless_it_can_be_sent()
    {
        var texts = await PublishedInputs.JsonTextsAsync();
        var strings = await PublishedInputs.NaughtyStringsAsync();
        SaidAnswer[] answers =
        [
            .. texts.Select(t => new SaidAnswer(200, t.Bytes)),
            .. texts.Where(t => t.Bytes.Length < 10_000).Select(t => new SaidAnswer(200, [.. "{\"access_token\":\"t\",\"expires_in\":"u8, .. t.Bytes, (byte)'}'])),
            .. strings.Select(s => new SaidAnswer(200, JsonSerializer.SerializeToUtf8Bytes(new { access_token = "t", expires_in = s }))),
            .. ((string[])["9223372036854775807", "922337203685477", "-1", "0", "1e3", "99999999999999999999"]).Select(s => new SaidAnswer(200, Encoding.UTF8.GetBytes($$"""{"access_token":"t","expires_in":{{s}}}"""))),
            new(200, []), new(204, []), new(302, []), new(500, []), new(200, new byte[300 * 1024]), new(200, "{}"u8.ToArray(), Cut: true),
        ];
        var asTokens = strings.Select(s => (Answer: new SaidAnswer(200, JsonSerializer.SerializeToUtf8Bytes(new { access_token = s, expires_in = "3600" })), CanBeSent: (bool?)(s.Length > 0 && s.All(c => c is > ' ' and <= '~'))));
        var tokens = world.Service<VippsAccessTokens>();
        var (taken, refused) = (0, 0);
        foreach (var (answer, canBeSent) in answers.Select(a => (a, (bool?)null)).Concat(asTokens))
        {
            world.Server.AccessToken = answer;
            var id = new PspTransactionId(Guid.NewGuid());
            await world.Server.SayAsync(id.ToString(), new SaidAnswer(200, """{"vippsRedirectUrl":"https://api.vipps.no/landing"}"""u8.ToArray()));
            try
            {
                var outcome = await world.Service<IWallet>().InitiateAsync(AnInitiation.Of(id), CancellationToken.None);
                Assert.True(canBeSent is null || canBeSent == outcome is InitiationOutcome.Initiated, $"{outcome} after {Encoding.UTF8.GetString(answer.Body)}");
                if (outcome is InitiationOutcome.Initiated)
                {
                    taken++;
                    tokens.Drop(await tokens.GetAsync(CancellationToken.None));
                }
                else
                {
                    Assert.IsType<InitiationOutcome.Unknown>(outcome);
                    refused++;
                }
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Assert.Fail($"{exception.GetType().Name} after {Encoding.UTF8.GetString(answer.Body)[..Math.Min(100, answer.Body.Length)]}: {exception.Message}");
            }
        }

        Assert.True(taken > 50 && refused > 500, $"{taken} taken, {refused} refused");
        output.WriteLine($"{taken + refused} inputs: {taken} taken, {refused} refused.");
    }
}

internal static class AnInitiation
{
    public static Initiation Of(PspTransactionId id) => new()
    {
        Id = id,
        Merchant = MerchantSerialNumber.Parse(Settings.Merchant),
        Reference = MerchantOrderId.Parse("order-12345"),
        Amount = Money.Nok(49900),
        UserFlow = UserFlow.WebRedirect,
        Description = null,
        PhoneNumber = null,
        CallbackKeyId = "t1",
        CallbackExpiresAt = TimeProvider.System.GetUtcNow().AddHours(1),
        ReturnPage = new Uri("https://gateway.example/return/x"),
    };
}
