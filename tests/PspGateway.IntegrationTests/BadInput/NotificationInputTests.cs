using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Npgsql;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>What comes to the notifications' address: nothing unsigned is stored, and what is signed is stored as it came, or refused.</summary>
public sealed class NotificationInputTests(TestWorld world, ITestOutputHelper output) : IClassFixture<TestWorld>
{
    private static readonly string[] Members = ["pspReference", "originalReference", "merchantAccountCode", "merchantReference", "eventCode", "success", "reason", "amount", "additionalData"];

    [Fact]
    public async Task A_JSON_text_in_place_of_the_body_or_of_a_part_is_refused_and_not_stored()
    {
        var texts = await PublishedInputs.JsonTextsAsync();
        string[] frames = ["@", "{\"notificationItems\":@}", "{\"notificationItems\":[@]}", "{\"notificationItems\":[{\"NotificationRequestItem\":@}]}", .. Members.Select(m => With(AnItem("forged"), m, "@"))];

        var count = await Barrage.RunAsync(frames.SelectMany(frame => texts, (frame, text) => (Frame: frame, Text: text)), async input =>
        {
            var at = input.Frame.IndexOf('@', StringComparison.Ordinal);
            var (status, body) = await PostAsync([.. Encoding.UTF8.GetBytes(input.Frame[..at]), .. input.Text.Bytes, .. Encoding.UTF8.GetBytes(input.Frame[(at + 1)..])]);
            return Barrage.Unless(status is 401 or 400 && body.Length == 0, $"{status} {body}");
        });

        Assert.Equal(0, await world.QueryAsync<long>("select count(*) from acquirer_notifications where psp_reference = 'forged' or psp_reference not like 'SIGNED%'"));
        output.WriteLine($"{count} inputs.");
    }

    [Fact]
    public async Task A_naughty_string_that_is_signed_is_kept_letter_by_letter_and_moves_nothing()
    {
        var strings = await PublishedInputs.NaughtyStringsAsync();
        string[] members = ["merchantReference", "merchantAccountCode", "originalReference", "eventCode", "reason"];
        var number = 0;

        var count = await Barrage.RunAsync(strings.SelectMany(text => members, (text, member) => (Text: text, Member: member)), async input =>
        {
            var item = AnItem($"SIGNED{Interlocked.Increment(ref number)}");
            item[input.Member] = input.Text;
            Sign(item);
            var (status, body) = await PostAsync(Encoding.UTF8.GetBytes(Wrapped(item)));
            if (status == 400)
            {
                return Barrage.Unless(input.Text.Contains('\0') || input is { Member: "eventCode", Text: "" }, "refused");
            }

            var kept = await KeptAsync(item["pspReference"]!.GetValue<string>(), input.Member);
            return Barrage.Unless((status, body) == (200, "[accepted]"), $"{status} {body}") ?? Barrage.Unless(kept == (input.Member == "reason" ? input.Text.Replace('\0', ' ') : input.Text), $"kept as {kept}");
        });

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>("select count(*) from acquirer_notifications where applied_at is null") == 0, seconds: 60, what: "the application of all");
        Assert.Equal(0, await world.QueryAsync<long>("select count(*) from operations"));
        output.WriteLine($"{count} inputs.");
    }

    private static JsonObject AnItem(string pspReference) => new()
    {
        ["additionalData"] = new JsonObject { ["hmacSignature"] = Convert.ToBase64String(new byte[32]) },
        ["amount"] = new JsonObject { ["currency"] = "NOK", ["value"] = 49900 },
        ["eventCode"] = "AUTHORISATION",
        ["merchantAccountCode"] = "TestAccount",
        ["merchantReference"] = "somebody-else",
        ["originalReference"] = "",
        ["pspReference"] = pspReference,
        ["reason"] = "",
        ["success"] = "true",
    };

    private static string With(JsonObject item, string member, string json)
    {
        item[member] = "CHANGED";
        return Wrapped(item).Replace("\"CHANGED\"", json, StringComparison.Ordinal);
    }

    private static string Wrapped(JsonObject item) => new JsonObject { ["live"] = "false", ["notificationItems"] = new JsonArray(new JsonObject { ["NotificationRequestItem"] = item.DeepClone() }) }.ToJsonString();

    private static void Sign(JsonObject item)
    {
        var signed = $"{item["pspReference"]}:{item["originalReference"]}:{item["merchantAccountCode"]}:{item["merchantReference"]}:{item["amount"]!["value"]}:{item["amount"]!["currency"]}:{item["eventCode"]}:{item["success"]}";
        var key = Convert.FromHexString("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056");
        item["additionalData"]!["hmacSignature"] = Convert.ToBase64String(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(signed)));
    }

    private async Task<string?> KeptAsync(string pspReference, string member)
    {
        var column = member switch { "merchantAccountCode" => "merchant_account", _ => JsonNamingPolicy.SnakeCaseLower.ConvertName(member) };
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand($"select {column} from acquirer_notifications where psp_reference = @reference", connection);
        command.Parameters.AddWithValue("reference", pspReference);
        return await command.ExecuteScalarAsync() as string;
    }

    private async Task<(int Status, string Body)> PostAsync(byte[] body)
    {
        using var content = new ByteArrayContent(body);
        content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        using var response = await world.Http.PostAsync(new Uri(world.GatewayUrl, "acquirers/adyen/notifications"), content);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }
}
