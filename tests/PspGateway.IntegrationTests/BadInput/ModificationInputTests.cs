using System.Net;
using System.Text;
using System.Text.Json;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>What no merchant should send to capture, refund and cancel: each gets a problem that names what is wrong, and moves nothing.</summary>
public sealed class ModificationInputTests(TestWorld world, ITestOutputHelper output) : IClassFixture<TestWorld>
{
    private static readonly string[] Routes = ["capture", "refund"];

    private static readonly string[] Values =
    [
        "null", "true", "\"100\"", "\"\"", "1.5", "1e2", "-1", "0", "-0", "65000001", "2147483648", "9223372036854775807", "9223372036854775808", "1e400", "[]", "[100]", "{}",
    ];

    [Fact]
    public async Task A_JSON_text_in_place_of_the_body_is_a_problem_and_moves_nothing()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        var texts = await PublishedInputs.JsonTextsAsync();

        var count = await Barrage.RunAsync(Routes.SelectMany(route => texts.Select(text => (route, text))), async input =>
            IsProblem(await PostAsync(payment.Reference, input.route, input.text.Bytes), input.text.Bytes.Length > 64 * 1024 ? 413 : 400));

        // A cancel needs no body; one that comes is an object all the same.
        count += await Barrage.RunAsync(texts.Where(t => t.Bytes.Length > 0 && !IsObject(t)), async text =>
            IsProblem(await PostAsync(payment.Reference, "cancel", text.Bytes), text.Bytes.Length > 64 * 1024 ? 413 : 400));
        await NothingMovedAsync(payment, count);
    }

    [Fact]
    public async Task A_member_of_another_type_or_size_is_named()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        IEnumerable<(string Body, string Field)> bodies = Values.Select(v => (Body: $$"""{"modificationAmount":{"currency":"NOK","value":{{v}} } }""", Field: "modificationAmount.value"))
            .Concat(Values.Append("\"EUR\"").Append("\"nok\"").Append("\"NOK \"").Append("\"\\ud800\"").Select(v => (Body: $$"""{"modificationAmount":{"currency":{{v}},"value":100} }""", Field: "modificationAmount.currency")))
            .Concat(Values.Where(v => v != "{}").Select(v => (Body: $$"""{"modificationAmount":{{v}} }""", Field: "modificationAmount")))
            .Append(("{}", "modificationAmount"))
            .Append(("""{"modificationAmount":{"currency":"NOK"}}""", "modificationAmount.value"))
            .Append(("""{"modificationAmount":{"value":100}}""", "modificationAmount.currency"));

        var count = await Barrage.RunAsync(Routes.SelectMany(route => bodies.Select(b => (route, b.Body, b.Field))), async input =>
        {
            var reply = await PostAsync(payment.Reference, input.route, Encoding.UTF8.GetBytes(input.Body));
            return IsProblem(reply, 400) ?? Barrage.Unless(reply.Json["extraDetails"]?[0]?["name"]?.GetValue<string>() == input.Field, reply.Body);
        });
        count += await Barrage.RunAsync(Values.Where(v => v is not ("true" or "null")), async value =>
            IsProblem(await PostAsync(payment.Reference, "cancel", Encoding.UTF8.GetBytes($$"""{"cancelTransactionOnly":{{value}} }""")), 400));
        await NothingMovedAsync(payment, count);
    }

    [Fact]
    public async Task A_naughty_reference_or_key_is_a_problem_and_never_an_error()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        var strings = (await PublishedInputs.NaughtyStringsAsync()).Where(s => s.Length is > 0 and < 2000 && !s.Contains('\0')).Append(new string('a', 51)).Append(new string('a', 4000)).ToList();

        var count = await Barrage.RunAsync(strings, async text =>
        {
            if (text is "." or "..")
            {
                return null;
            }

            var reply = await PostAsync(Uri.EscapeDataString(new string([.. text.Where(c => !char.IsSurrogate(c))])), "capture", "{}"u8.ToArray());
            return Barrage.Unless((int)reply.Status is 400 or 404 or 405, $"{(int)reply.Status} {reply.Body}");
        });
        foreach (var key in (string?[])[null, new string('k', 51), "tab\there"])
        {
            Assert.Null(IsProblem(await PostAsync(payment.Reference, "refund", Amount(100), key), 400));
        }

        Assert.Equal(HttpStatusCode.OK, (await PostAsync(payment.Reference, "capture", Amount(100), new string('k', 50))).Status);
        output.WriteLine($"{count} inputs.");
    }

    [Fact]
    public async Task A_member_that_nobody_knows_is_ignored()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);

        var reply = await PostAsync(payment.Reference, "capture", """{"modificationAmount":{"currency":"NOK","value":100,"why":[1]},"receipt":{"lines":[]}}"""u8.ToArray());

        Assert.Equal((HttpStatusCode.OK, (49_900, 100, 0, 0)), (reply.Status, reply.Amounts));
        Assert.Equal(HttpStatusCode.OK, (await PostAsync(payment.Reference, "cancel", """{"cancelTransactionOnly":false,"x":1}"""u8.ToArray())).Status);
    }

    private static byte[] Amount(long value) => JsonSerializer.SerializeToUtf8Bytes(new { modificationAmount = new { currency = "NOK", value } });

    private static bool IsObject(JsonText text)
    {
        try
        {
            using var document = JsonDocument.Parse(text.Bytes, new JsonDocumentOptions { MaxDepth = 8, AllowDuplicateProperties = false });
            return document.RootElement.ValueKind == JsonValueKind.Object;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static string? IsProblem(Reply reply, int status) => (int)reply.Status != status
        ? $"{(int)reply.Status} {reply.Body}"
        : Barrage.Unless(reply.ContentType == "application/problem+json" && reply.Json["status"]!.GetValue<int>() == status && reply.Json["detail"]!.GetValue<string>().Length > 0, reply.Body);

    private async Task NothingMovedAsync(CreatedPayment payment, int count)
    {
        Assert.Equal((49_900, 0, 0, 0), Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).ModificationCalls);
        output.WriteLine($"{count} inputs.");
    }

    private async Task<Reply> PostAsync(string reference, string route, byte[] body) => await PostAsync(reference, route, body, Guid.NewGuid().ToString());

    private async Task<Reply> PostAsync(string reference, string route, byte[] body, string? key)
    {
        using var request = await world.Merchant.RequestAsync(HttpMethod.Post, $"epayment/v1/payments/{reference}/{route}", null);
        if (key is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        }

        request.Content = new ByteArrayContent(body);
        request.Content.Headers.TryAddWithoutValidation("Content-Type", "application/json");
        return await world.Merchant.SendAsync(request);
    }
}
