using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>What no merchant should send: each gets a problem that names what is wrong, or works, and then comes back as it was sent.</summary>
public sealed class MerchantInputTests(TestWorld world, ITestOutputHelper output) : IClassFixture<TestWorld>
{
    private static readonly string[] Checked = ["amount", "amount.currency", "amount.value", "paymentMethod", "paymentMethod.type", "customer", "customer.phoneNumber", "userFlow", "reference", "returnUrl", "expiresAt", "qrFormat", "metadata", "paymentDescription"];

    private static readonly string[] OtherTypes = ["true", "1.5", "-1", "1e400", "12345678901234567890123", "\" \"", "[]", "[{}]", "{\"a\":{\"b\":[]}}", "\"\\ud800\"", "\"\\u0000\""];

    [Fact]
    public async Task A_JSON_text_in_place_of_the_body_is_a_problem()
    {
        var count = await Barrage.RunAsync(await PublishedInputs.JsonTextsAsync(), async text =>
        {
            var reply = await PostAsync(text.Bytes);
            var namesOne = text.IsValid && Encoding.UTF8.GetString(text.Bytes).TrimStart().StartsWith('{') && !HasDuplicates(text);
            return IsProblem(reply, text.Bytes.Length > 64 * 1024 ? 413 : 400, namesOne ? null : "");
        });

        await NothingStoredAsync(count);
    }

    [Fact]
    public async Task A_JSON_text_in_place_of_a_member_is_ignored_where_nobody_knows_it_and_named_where_it_is_invalid()
    {
        var texts = await PublishedInputs.JsonTextsAsync();
        var count = await Barrage.RunAsync(texts, async text =>
        {
            // What is wrong besides is the amount: it is named when the text was read over.
            var reply = await PostAsync(Splice(MerchantClient.ABody(MerchantClient.AReference(), 99), "extra", text.Bytes));
            var named = reply.Json["extraDetails"]?[0]?["name"]?.GetValue<string>();
            return IsProblem(reply, text.Bytes.Length > 64_000 ? 413 : 400, "")
                ?? Barrage.Unless(text.IsInvalid ? named is null : named == "amount.value" || !text.IsValid || HasDuplicates(text), $"names {named ?? "nothing"}");
        });

        count += await Barrage.RunAsync(texts.Where(t => t.Bytes.Length < 60_000), async text =>
        {
            var reference = MerchantClient.AReference();
            var reply = await PostAsync(Splice(MerchantClient.ABody(reference), "metadata", text.Bytes));
            if (reply.Status != HttpStatusCode.Created)
            {
                return IsProblem(reply, 400, "");
            }

            var kept = (await world.Merchant.GetAsync(reference))["metadata"];
            return text.IsInvalid ? "accepted" : Barrage.Unless(JsonNode.DeepEquals(Empty(JsonNode.Parse(text.Bytes)), kept), $"came back as {kept?.ToJsonString()}");
        });
        output.WriteLine($"{count} inputs.");
    }

    [Fact]
    public async Task A_member_of_another_type_is_named_or_ignored_where_nobody_knows_it()
    {
        // A customer without a number is one that nobody asked for.
        var inputs = Checked.SelectMany(field => OtherTypes.Select(value => (Field: field, Value: value))).Where(i => i.Field != "customer" || !i.Value.StartsWith('{'));

        var count = await Barrage.RunAsync(inputs, async input =>
        {
            var reply = await PostAsync(Encoding.UTF8.GetBytes(With(input.Field, input.Value)));
            return IsProblem(reply, 400, input.Field.Split('.')[0]);
        });

        await NothingStoredAsync(count);
    }

    [Fact]
    public async Task A_naughty_string_in_a_checked_member_is_a_problem_that_names_it()
    {
        var strings = await PublishedInputs.NaughtyStringsAsync();
        string[] fields = ["amount.currency", "paymentMethod.type", "customer.phoneNumber", "userFlow", "reference", "returnUrl"];

        var count = await Barrage.RunAsync(fields.SelectMany(field => strings.Select(text => (Field: field, Text: text))), async input =>
        {
            var reply = await PostAsync(Encoding.UTF8.GetBytes(With(input.Field, JsonSerializer.Serialize(input.Text))));
            return input.Field == "reference" && input.Text is { Length: >= 8 and <= 50 } && input.Text.All(c => char.IsAsciiLetterOrDigit(c) || c == '-')
                ? Barrage.Unless(reply.Json["reference"]?.GetValue<string>() == input.Text && await world.Merchant.StateAsync(input.Text) == "CREATED", reply.Body)
                : IsProblem(reply, 400, input.Field.Split('.')[0]);
        });

        await NothingStoredAsync(count);
    }

    [Fact]
    public async Task A_naughty_text_is_named_or_goes_to_Vipps_and_comes_back_letter_by_letter()
    {
        var (accepted, refused) = (0, 0);
        var count = await Barrage.RunAsync(await PublishedInputs.NaughtyStringsAsync(), async text =>
        {
            var reference = MerchantClient.AReference();
            var body = MerchantClient.ABody(reference);
            body["paymentDescription"] = text;
            body["metadata"] = new JsonObject { ["text"] = text[..Math.Min(text.Length, 400)], [text.Length is > 0 and <= 90 ? text : "long"] = "the text is my name" };
            var sent = body.ToJsonString();
            var reply = await PostAsync(Encoding.UTF8.GetBytes(sent));
            if (reply.Status != HttpStatusCode.Created)
            {
                Interlocked.Increment(ref refused);
                return IsProblem(reply, 400, reply.Json["detail"]!.GetValue<string>().StartsWith("metadata", StringComparison.Ordinal) ? "metadata" : "paymentDescription")
                    ?? Barrage.Unless(text.Length is < 3 or > 100 || text.Any(c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')), "refused without a reason");
            }

            Interlocked.Increment(ref accepted);
            var read = await world.Merchant.GetAsync(reference);
            var init = (await world.Vipps.PaymentAsync(read["pspReference"]!.GetValue<string>()))["init"]!;
            return Barrage.Unless(init["paymentText"]!.GetValue<string>() == text, $"Vipps got {init["paymentText"]}")
                ?? Barrage.Unless(JsonNode.DeepEquals(read["metadata"], JsonNode.Parse(sent)!["metadata"]), $"came back as {read["metadata"]?.ToJsonString()}");
        });
        output.WriteLine($"{count} inputs: {accepted} accepted, {refused} refused.");
        Assert.True(accepted > 300, $"only {accepted} were accepted");
    }

    /// <summary>Null where the answer is the problem that was promised.</summary>
    /// <param name="field">What must be named first; empty where the text need not name one, null where any must be.</param>
    private static string? IsProblem(Reply reply, int status, string? field)
    {
        if ((int)reply.Status != status || reply.ContentType != "application/problem+json")
        {
            return $"{(int)reply.Status} {reply.ContentType} {reply.Body[..Math.Min(200, reply.Body.Length)]}";
        }

        var name = reply.Json["extraDetails"]?[0]?["name"]?.GetValue<string>();
        var detail = reply.Json["detail"]!.GetValue<string>();
        return field switch
        {
            "" => null,
            null => Barrage.Unless(name is not null, "names nothing"),
            _ => Barrage.Unless(name?.Split('.')[0] == field && detail.StartsWith(name, StringComparison.Ordinal), $"names {name}: {detail}"),
        };
    }

    private static bool HasDuplicates(JsonText text) => text.Name.StartsWith("y_object_duplicated", StringComparison.Ordinal);

    private static string With(string field, string value)
    {
        var body = MerchantClient.ABody(MerchantClient.AReference());
        body["customer"] = new JsonObject { ["phoneNumber"] = "4791234567" };
        var (holder, name) = field.Split('.') is [var outer, var inner] ? (body[outer]!.AsObject(), inner) : (body, field);
        holder[name] = "CHANGED";
        return body.ToJsonString().Replace("\"CHANGED\"", value, StringComparison.Ordinal);
    }

    private static byte[] Splice(JsonObject body, string member, byte[] text) => [.. Encoding.UTF8.GetBytes(body.ToJsonString()[..^1] + $",\"{member}\":"), .. text, (byte)'}'];

    private static JsonNode? Empty(JsonNode? metadata) => metadata is JsonObject { Count: 0 } ? null : metadata;

    private async Task NothingStoredAsync(int count)
    {
        Assert.Equal(0, await world.QueryAsync<long>("select count(*) from payments where reference like 'order-%' and amount_minor <> 49900"));
        Assert.Equal(0, await world.QueryAsync<long>("select count(*) from idempotency_keys where payment_id is not null and status_code <> 201"));
        Assert.Equal(0, await world.QueryAsync<long>("select count(*) from operations"));
        output.WriteLine($"{count} inputs.");
    }

    private async Task<Reply> PostAsync(byte[] body)
    {
        using var request = await world.Merchant.RequestAsync(HttpMethod.Post, "epayment/v1/payments", null);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", Guid.NewGuid().ToString());
        request.Content = new ByteArrayContent(body);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        return await world.Merchant.SendAsync(request);
    }
}
