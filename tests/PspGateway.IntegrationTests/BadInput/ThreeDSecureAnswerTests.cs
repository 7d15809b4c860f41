using System.Text;
using PspGateway.Domain;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;
using PspGateway.IntegrationTests.World;
using PspGateway.Payments.StepUps;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>Whatever the 3-D Secure server says is an outcome: authenticated only where it is so beyond doubt, and money wherever it may be.</summary>
public sealed class ThreeDSecureAnswerTests(WorldOfAnyAnswers world) : IClassFixture<WorldOfAnyAnswers>
{
    private const string Finished = """{"resultCode":"AuthenticationFinished","pspReference":"PSP1","merchantReference":"ours-3ds1","threeDS2Result":{"authenticationValue":"AAECAw==","eci":"05","dsTransID":"id","messageVersion":"2.2.0","transStatus":"Y"}}""";

    [Theory]
    [InlineData("Y", true)]
    [InlineData("A", true)]
    [InlineData("N", false)]
    [InlineData("R", false)]
    [InlineData("U", false)]
    [InlineData("C", false)]
    [InlineData("y", false)]
    [InlineData("", false)]
    public async Task Only_Y_and_A_are_an_authentication(string status, bool authenticated)
    {
        var outcome = await AskAsync(200, Finished.Replace("\"Y\"", $"\"{status}\"", StringComparison.Ordinal));

        Assert.IsType(authenticated ? typeof(AuthenticationOutcome.Authenticated) : typeof(AuthenticationOutcome.Refused), outcome);
    }

    [Theory]
    [InlineData("authenticationValue")]
    [InlineData("eci")]
    [InlineData("dsTransID")]
    [InlineData("messageVersion")]
    [InlineData("transStatus")]
    public async Task A_result_without_all_of_its_parts_is_none(string member) =>
        Assert.IsType<AuthenticationOutcome.Refused>(await AskAsync(200, Finished.Replace($"\"{member}\"", "\"other\"", StringComparison.Ordinal)));

    [Theory]
    [InlineData("""{"resultCode":"Authorised","pspReference":"PSP1","merchantReference":"ours-3ds1"}""", "PSP1")]
    [InlineData("""{"resultCode":"Authorised"}""", null)]
    [InlineData("""{"resultCode":"PartiallyAuthorised","pspReference":"PSP1"}""", "PSP1")]
    [InlineData("""{"resultCode":"Pending","pspReference":"PSP1"}""", "PSP1")]
    [InlineData("""{"resultCode":"Received","pspReference":"PSP 1"}""", null)]
    [InlineData("""{"resultCode":"ChallengeShopper","pspReference":"PSP1"}""", "PSP1")]
    [InlineData("""{"resultCode":"AuthenticationFinished","merchantReference":"somebody-elses"}""", null)]
    [InlineData("""{"resultCode":"AuthenticationFinished","resultCode":"Refused"}""", null)]
    [InlineData("""{"resultCode":7}""", null)]
    [InlineData("{}", null)]
    [InlineData("[]", null)]
    [InlineData("no", null)]
    [InlineData("", null)]
    public async Task What_may_hold_money_is_doubtful_and_names_it_where_it_can(string body, string? reference) =>
        Assert.Equal(reference, Assert.IsType<AuthenticationOutcome.Doubtful>(await AskAsync(200, body)).AcquirerReference);

    [Theory]
    [InlineData(201)]
    [InlineData(202)]
    [InlineData(302)]
    [InlineData(404)]
    [InlineData(409)]
    [InlineData(429)]
    [InlineData(500)]
    [InlineData(503)]
    public async Task Another_status_says_nothing_whatever_its_body(int status) => Assert.IsType<AuthenticationOutcome.Doubtful>(await AskAsync(status, Finished));

    [Theory]
    [InlineData(400, """{"errorCode":"702"}""", true)]
    [InlineData(401, "", true)]
    [InlineData(403, """{"errorCode":"901"}""", true)]
    [InlineData(422, """{"errorCode":"14_0408"}""", true)]
    [InlineData(422, """{"errorCode":"704"}""", false)]
    public async Task A_request_that_was_refused_did_nothing_unless_its_key_is_still_in_work(int status, string body, bool refused) =>
        Assert.IsType(refused ? typeof(AuthenticationOutcome.Refused) : typeof(AuthenticationOutcome.Doubtful), await AskAsync(status, body));

    [Theory]
    [InlineData("https://bank.example/acs?a=b", true)]
    [InlineData("http://127.0.0.1:8081/issuer/x", true)]
    [InlineData("http://bank.example/acs", false)]
    [InlineData("javascript:alert(1)", false)]
    [InlineData("data:text/html,x", false)]
    [InlineData("/acs", false)]
    [InlineData("", false)]
    public async Task A_customer_is_sent_to_https_addresses_only(string url, bool sent)
    {
        var outcome = await AskAsync(200, $$$"""{"resultCode":"RedirectShopper","action":{"type":"redirect","method":"GET","url":"{{{url}}}"}}""");

        Assert.IsType(sent ? typeof(AuthenticationOutcome.Challenge) : typeof(AuthenticationOutcome.Refused), outcome);
    }

    [Theory]
    [InlineData("\"merchantReference\":\"ours-3ds1\",", true)]
    [InlineData("\"merchantReference\":\"theirs-3ds1\",", false)]
    [InlineData("", false)]
    public async Task What_a_browser_brought_back_counts_only_where_the_answer_names_our_authentication(string member, bool counts)
    {
        var answer = Finished.Replace("\"merchantReference\":\"ours-3ds1\",", member, StringComparison.Ordinal);

        var outcome = await AskAsync(200, answer, completing: true);

        Assert.Equal(counts, outcome is AuthenticationOutcome.Authenticated);
        Assert.Null((outcome as AuthenticationOutcome.Doubtful)?.AcquirerReference);
    }

    [Fact]
    public async Task A_redirect_after_the_challenge_is_no_end() => Assert.IsType<AuthenticationOutcome.Doubtful>(
        await AskAsync(200, """{"resultCode":"RedirectShopper","action":{"type":"redirect","method":"GET","url":"https://bank.example/"}}""", completing: true));

    private async Task<AuthenticationOutcome> AskAsync(int status, string body, bool completing = false)
    {
        var key = Guid.NewGuid().ToString("N");
        await world.Server.SayAsync(key, new SaidAnswer(status, Encoding.UTF8.GetBytes(body)));
        var server = world.Service<IThreeDSecureServer>();
        if (completing)
        {
            return await server.CompleteAsync(new CompletionRequest { IdempotencyKey = key, Reference = "ours-3ds1", RedirectResult = "x" }, CancellationToken.None);
        }

        Assert.True(NetworkToken.TryCreate("4895370013193500", out var number));
        Assert.True(TokenExpiry.TryCreate("5", "30", out var expiry));
        var request = new AuthenticationRequest
        {
            IdempotencyKey = key,
            Reference = "ours-3ds1",
            Account = "TestAccount",
            Amount = Money.Nok(49900),
            Card = new StepUpCard(number!, expiry, CardScheme.Visa),
            Browser = new Browser { UserAgent = "a", Accept = "*/*", Language = "nb", ScreenWidth = 1, ScreenHeight = 1, ColourDepth = 24, TimeZoneOffset = -60, Java = false, Script = true, Address = null },
            ReturnUrl = new Uri("https://gateway.example/3ds/x/return"),
        };
        return await server.AuthenticateAsync(request, CancellationToken.None);
    }
}
