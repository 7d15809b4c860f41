using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PspGateway.Domain;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;
using PspGateway.IntegrationTests.World;
using PspGateway.Payments;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>Whatever the acquirer says, it is an outcome: an approval only where it is one beyond doubt, never an exception.</summary>
public sealed class AcquirerAnswerTests(WorldOfAnyAnswers world, ITestOutputHelper output) : IClassFixture<WorldOfAnyAnswers>
{
    private const string Approval = """{"resultCode":"Authorised","pspReference":"PSP123","merchantReference":"ours-1","amount":{"currency":"NOK","value":49900}}""";
    private const string Known = "[\x21-\x7e]{1,64}";

    private static readonly string[] Members = ["resultCode", "pspReference", "merchantReference", "amount", "amount.currency", "amount.value", "additionalData", "refusalReasonCode"];

    [Fact]
    public async Task A_JSON_text_in_place_of_an_answer_is_unknown_whatever_its_status_but_our_own_fault()
    {
        var texts = await PublishedInputs.JsonTextsAsync();
        var count = await Barrage.RunAsync(texts.SelectMany(text => (int[])[200, 201, 202, 302, 404, 409, 429, 500, 503], (text, status) => (Text: text, Status: status)), async input =>
            Barrage.Unless(await AuthoriseAsync(new SaidAnswer(input.Status, input.Text.Bytes)) is AuthorisationOutcome.Unknown { AcquirerReference: null }, "not Unknown"));
        count += await Barrage.RunAsync(texts.SelectMany(text => (int[])[400, 401, 403, 422], (text, status) => (Text: text, Status: status)), async input =>
            Barrage.Unless(await AuthoriseAsync(new SaidAnswer(input.Status, input.Text.Bytes)) is AuthorisationOutcome.Declined { Reason: DeclineReason.AcquirerError }, "not our fault")
            ?? Barrage.Unless(await AuthoriseAsync(new SaidAnswer(input.Status, input.Text.Bytes), again: true) is AuthorisationOutcome.Unknown, "not Unknown on a repeat"));
        count += await Barrage.RunAsync(texts.SelectMany(text => (int[])[200, 201, 500], (text, status) => (Text: text, Status: status)), async input =>
            Barrage.Unless(await CancelAsync(new SaidAnswer(input.Status, input.Text.Bytes)) is CancelOutcome.Unknown, "the cancel is not Unknown"));
        output.WriteLine($"{count} inputs.");
    }

    [Fact]
    public async Task A_JSON_text_inside_an_approval_leaves_it_one_only_where_it_is_valid_and_nobody_reads_it()
    {
        var texts = await PublishedInputs.JsonTextsAsync();
        var count = await Barrage.RunAsync(texts, async text =>
        {
            var outcome = await AuthoriseAsync(new SaidAnswer(200, Splice("extra", text.Bytes)));
            return text.IsValid ? Barrage.Unless(outcome is AuthorisationOutcome.Approved, $"{outcome}") : text.IsInvalid ? Barrage.Unless(outcome is AuthorisationOutcome.Unknown, $"{outcome}") : null;
        });
        count += await Barrage.RunAsync(texts.SelectMany(text => Members, (text, member) => (Text: text, Member: member)), async input =>
        {
            // Twice the same member: an answer that contradicts itself.
            var outcome = await AuthoriseAsync(new SaidAnswer(200, Splice(input.Member.Split('.')[0], input.Text.Bytes)));
            return Barrage.Unless(outcome is AuthorisationOutcome.Unknown || (outcome is AuthorisationOutcome.Approved && input is { Member: "additionalData" or "refusalReasonCode", Text.IsInvalid: false }), $"{outcome}");
        });
        output.WriteLine($"{count} inputs.");
    }

    [Fact]
    public async Task A_naughty_string_in_an_answer_is_never_an_approval_that_it_was_not()
    {
        var strings = await PublishedInputs.NaughtyStringsAsync();
        var count = await Barrage.RunAsync(strings.SelectMany(text => (string[])["resultCode", "merchantReference", "amount.currency", "amount.value"], (text, member) => (Text: text, Member: member)), async input =>
            Barrage.Unless(await AuthoriseAsync(Said(Approval, input.Member, input.Text)) is AuthorisationOutcome.Unknown, "not Unknown"));
        count += await Barrage.RunAsync(strings, async text =>
        {
            var outcome = await AuthoriseAsync(Said(Approval, "pspReference", text));
            var usable = System.Text.RegularExpressions.Regex.IsMatch(text, $@"\A{Known}\z", System.Text.RegularExpressions.RegexOptions.None, TimeSpan.FromSeconds(1));
            return Barrage.Unless(usable ? outcome is AuthorisationOutcome.Approved approved && approved.AcquirerReference == text : outcome is AuthorisationOutcome.Unknown { AcquirerReference: null }, $"{outcome}");
        });
        count += await Barrage.RunAsync(strings, async text =>
        {
            var refused = await AuthoriseAsync(Said("""{"resultCode":"Refused","refusalReasonCode":"2","additionalData":{"refusalReasonRaw":"05"}}""", "refusalReasonCode", text));
            var raw = await AuthoriseAsync(Said("""{"resultCode":"Refused","refusalReasonCode":"2","additionalData":{"refusalReasonRaw":"05"}}""", "additionalData.refusalReasonRaw", text));
            var part = await AuthoriseAsync(Said("""{"resultCode":"PartiallyAuthorised","pspReference":"x"}""", "pspReference", text));
            return Barrage.Unless(refused is AuthorisationOutcome.Declined or AuthorisationOutcome.SoftDeclined && raw is AuthorisationOutcome.Declined or AuthorisationOutcome.SoftDeclined, $"{refused} {raw}")
                ?? Barrage.Unless(part is AuthorisationOutcome.Declined { OpenReference: { } held } ? IsStorable(held) : part is AuthorisationOutcome.Unknown, $"{part}");
        });
        count += await Barrage.RunAsync(strings, async text =>
        {
            var refused = await CancelAsync(Said("""{"errorCode":"x"}""", "errorCode", text, 422));
            return Barrage.Unless(refused is CancelOutcome.Unknown || (refused is CancelOutcome.Refused { Why: var why } && IsStorable(why) && why.Length < 200), $"{refused}");
        });
        output.WriteLine($"{count} inputs.");
    }

    [Theory]
    [InlineData("application/json; charset=bogus", null, false)]
    [InlineData("text/html", null, false)]
    [InlineData("application/json", "gzip", false)]
    [InlineData("application/json", null, true)]
    public async Task An_approval_that_is_called_something_else_packed_or_cut_is_no_approval_unless_it_can_be_read(string contentType, string? encoding, bool cut)
    {
        var outcome = await AuthoriseAsync(new SaidAnswer(200, Packed.As(encoding, Encoding.UTF8.GetBytes(Approval)), contentType, encoding, cut));

        Assert.Equal(encoding is null && !cut, outcome is AuthorisationOutcome.Approved);
        Assert.True(outcome is AuthorisationOutcome.Approved or AuthorisationOutcome.Unknown);
        Assert.IsType<AuthorisationOutcome.Unknown>(await AuthoriseAsync(new SaidAnswer(200, new byte[300 * 1024])));
    }

    [Theory]
    [InlineData("""{"resultCode":"Refused",""")]
    [InlineData("""{"pspReference":"another",""")]
    [InlineData("""{"merchantReference":"another",""")]
    [InlineData("""{"amount":{"currency":"NOK","value":1},""")]
    public async Task An_approval_that_contradicts_itself_is_unknown(string first)
    {
        Assert.IsType<AuthorisationOutcome.Unknown>(await AuthoriseAsync(new SaidAnswer(200, Encoding.UTF8.GetBytes(first + Approval[1..]))));
        Assert.IsType<AuthorisationOutcome.Approved>(await AuthoriseAsync(new SaidAnswer(200, Encoding.UTF8.GetBytes(Approval))));
    }

    [Theory]
    [InlineData("pspReference")]
    [InlineData("merchantReference")]
    [InlineData("amount")]
    [InlineData("amount.currency")]
    [InlineData("amount.value")]
    public async Task An_approval_that_does_not_say_of_what_is_unknown(string member)
    {
        var answer = JsonNode.Parse(Approval)!.AsObject();
        var (holder, name) = member.Split('.') is [var outer, var inner] ? (answer[outer]!.AsObject(), inner) : (answer, member);
        Assert.True(holder.Remove(name));

        Assert.IsType<AuthorisationOutcome.Unknown>(await AuthoriseAsync(new SaidAnswer(200, Encoding.UTF8.GetBytes(answer.ToJsonString()))));
    }

    private static bool IsStorable(string? text) => text is null || !text.Any(char.IsControl);

    private static byte[] Splice(string member, byte[] text) => [.. Encoding.UTF8.GetBytes(Approval[..^1] + $",\"{member}\":"), .. text, (byte)'}'];

    private static SaidAnswer Said(string json, string member, string text, int status = 200)
    {
        var answer = JsonNode.Parse(json)!;
        var holder = member.Split('.') is [var outer, _] ? answer[outer]! : answer;
        holder[member.Split('.')[^1]] = "CHANGED";
        return new SaidAnswer(status, Encoding.UTF8.GetBytes(answer.ToJsonString().Replace("\"CHANGED\"", JsonSerializer.Serialize(text), StringComparison.Ordinal)));
    }

    private async Task<AuthorisationOutcome> AuthoriseAsync(SaidAnswer answer, bool again = false)
    {
        var key = Guid.NewGuid().ToString("N");
        await world.Server.SayAsync(key, answer);
        return await world.Service<IAcquirer>().AuthoriseAsync(
            new AuthorisationRequest { IdempotencyKey = key, Reference = "ours-1", Account = "TestAccount", Amount = Money.Nok(49900), Token = AToken(), ReturnUrl = new Uri("https://gateway.example/"), Again = again },
            CancellationToken.None);
    }

    private async Task<CancelOutcome> CancelAsync(SaidAnswer answer)
    {
        var key = Guid.NewGuid().ToString("N");
        await world.Server.SayAsync(key, answer);
        return await world.Service<IAcquirer>().CancelAsync(new CancelRequest { IdempotencyKey = key, Reference = "ours-1-c", Account = "TestAccount", AcquirerReference = "PSP123", OriginalReference = "ours-1" }, CancellationToken.None);
    }

    private static CardToken AToken()
    {
        Assert.True(NetworkToken.TryCreate("4895370013193500", out var number));
        Assert.True(Cryptogram.TryCreate("AlhlvxmN2ZKuAAESNFZ4GoABFA==", out var cryptogram));
        Assert.True(TokenExpiry.TryCreate("5", "30", out var expiry));
        Assert.True(Eci.TryCreate("7", out var eci));
        return new CardToken(number!, cryptogram!, expiry, CardScheme.Visa, eci);
    }
}
