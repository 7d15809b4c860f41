using System.Net;
using System.Text;
using System.Text.Json;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>What no merchant should send to the API of webhooks: each gets a problem that names what is wrong, or works, and nothing is half done.</summary>
public sealed class WebhookInputTests(TestWorld world, ITestOutputHelper output) : IClassFixture<TestWorld>
{
    private const string Captured = "\"epayments.payment.captured.v1\"";
    private static readonly string[] OtherTypes = ["null", "true", "0", "1.5", "-1", "1e400", "12345678901234567890123", "{}", "{\"a\":{\"b\":[]}}", "\"\\ud800\"", "\"\\u0000\"", "\" \"", "\"\""];

    [Fact]
    public async Task A_JSON_text_in_place_of_the_body_is_a_problem()
    {
        var count = await Barrage.RunAsync(await PublishedInputs.JsonTextsAsync(), async text =>
            IsProblem(await RegisterAsync(text.Bytes), text.Bytes.Length > 64 * 1024 ? 413 : 400, null));

        await NothingStoredAsync(count);
    }

    [Fact]
    public async Task A_member_that_is_missing_or_of_another_type_is_named()
    {
        IEnumerable<(string Body, string Field)> inputs = OtherTypes.Append("[]").Append($"[{Captured}]").Select(v => (Body: $$"""{"url":{{v}},"events":[{{Captured}}]}""", Field: "url"))
            .Concat(OtherTypes.Append(Captured).Append("[]").Select(v => (Body: $$"""{"url":"https://shop.example/hook","events":{{v}}}""", Field: "events")))
            .Concat(OtherTypes.Append("[]").Append($"[{Captured}]").Select(v => (Body: $$"""{"url":"https://shop.example/hook","events":[{{Captured}},{{v}}]}""", Field: "events")))
            .Append(($$"""{"events":[{{Captured}}]}""", "url"))
            .Append(("""{"url":"https://shop.example/hook"}""", "events"))
            .Append(($$"""{"url":"https://shop.example/hook","events":[{{string.Join(',', Enumerable.Repeat(Captured, 10))}}]}""", "events"))
            .Append(($$"""{"url":"https://shop.example/{{new string('a', 1010)}}","events":[{{Captured}}]}""", "url"));

        var count = await Barrage.RunAsync(inputs, async input => IsProblem(await RegisterAsync(Encoding.UTF8.GetBytes(input.Body)), 400, input.Field));

        await NothingStoredAsync(count);
    }

    [Theory]
    [InlineData("""{"url":"https://shop.example/hook","url":"https://shop.example/hook","events":["epayments.payment.captured.v1"]}""")]
    [InlineData("""{"url":"https://shop.example/hook","events":["epayments.payment.captured.v1"],"x":{"a":1,"a":2}}""")]
    [InlineData("""{"url":"https://shop.example/hook","events":["epayments.payment.captured.v1"],"x":[[[[[[[[1]]]]]]]]}""")]
    [InlineData("""{"url":"https://shop.example/hook","events":["epayments.payment.captured.v1"]} {}""")]
    [InlineData("""[{"url":"https://shop.example/hook","events":["epayments.payment.captured.v1"]}]""")]
    public async Task A_member_twice_too_many_levels_or_more_than_one_object_is_a_problem(string body)
    {
        Assert.Null(IsProblem(await RegisterAsync(Encoding.UTF8.GetBytes(body)), 400, null));
        await NothingStoredAsync(1);
    }

    [Fact]
    public async Task A_megabyte_is_too_large_wherever_it_stands()
    {
        var text = new string('a', 1024 * 1024);

        Assert.Null(IsProblem(await AskToRegisterAsync(text), 413, null));
        Assert.Null(IsProblem(await AskToRegisterAsync($$"""{"url":"https://shop.example/{{text}}","events":[{{Captured}}]}"""), 413, null));
        Assert.Null(IsProblem(await AskToRegisterAsync($$"""{"url":"https://shop.example/hook","events":[{{Captured}},"{{text}}"]}"""), 413, null));
        await NothingStoredAsync(3);
    }

    [Fact]
    public async Task A_member_that_nobody_knows_is_ignored()
    {
        var reply = await RegisterAsync(Encoding.UTF8.GetBytes($$"""{"url":"https://shop.example/hook","events":[{{Captured}}],"secret":"mine","id":7}"""));

        Assert.Equal(HttpStatusCode.Created, reply.Status);
        Assert.NotEqual("mine", reply.Json["secret"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.NoContent, (await world.Merchant.WebhooksAsync(HttpMethod.Delete, reply.Json["id"]!.GetValue<string>())).Status);
    }

    [Fact]
    public async Task A_naughty_string_in_url_or_events_is_a_problem_that_names_it()
    {
        var strings = await PublishedInputs.NaughtyStringsAsync();
        var inputs = strings.Select(s => (Body: $$"""{"url":{{JsonSerializer.Serialize(s)}},"events":[{{Captured}}]}""", Field: "url"))
            .Concat(strings.Select(s => (Body: $$"""{"url":{{JsonSerializer.Serialize($"https://{s}/hook")}},"events":[{{Captured}}]}""", Field: "url")))
            .Concat(strings.Select(s => (Body: $$"""{"url":"https://shop.example/hook","events":[{{JsonSerializer.Serialize(s)}}]}""", Field: "events")));
        var works = 0;

        var count = await Barrage.RunAsync(inputs, async input =>
        {
            var reply = await RegisterAsync(Encoding.UTF8.GetBytes(input.Body));
            if (reply.Status != HttpStatusCode.Created)
            {
                return IsProblem(reply, 400, input.Field);
            }

            // Some make a host: what is taken is listed as it was sent, and can be deleted.
            Interlocked.Increment(ref works);
            var (id, sent) = (reply.Json["id"]!.GetValue<string>(), JsonDocument.Parse(input.Body).RootElement.GetProperty("url").GetString());
            var listed = (await world.Merchant.WebhooksAsync(HttpMethod.Get)).Json["webhooks"]!.AsArray().SingleOrDefault(w => w!["id"]!.GetValue<string>() == id);
            return Barrage.Unless(listed?["url"]!.GetValue<string>() == sent, $"listed as {listed}")
                ?? Barrage.Unless((await world.Merchant.WebhooksAsync(HttpMethod.Delete, id)).Status == HttpStatusCode.NoContent, "could not be deleted");
        });

        await NothingStoredAsync(count);
        output.WriteLine($"{works} were addresses.");
    }

    [Fact]
    public async Task A_naughty_id_names_no_webhook_and_deletes_none()
    {
        var kept = (await world.Merchant.RegisterAsync(new Uri("https://shop.example/kept"), "captured"))["id"]!.GetValue<string>();
        var other = new MerchantClient(world.Http, world.GatewayUrl, Settings.OtherMerchant, Settings.OtherClientId, Settings.OtherClientSecret);
        IEnumerable<string> ids = (await PublishedInputs.NaughtyStringsAsync()).Where(s => s.Length is > 0 and < 2000 && !s.Contains('\0') && s is not ("." or ".."))
            .Append(Guid.NewGuid().ToString()).Append(Guid.Empty.ToString()).Append(new string('a', 4000)).Append(kept[..^1]).Append(kept + "0");

        var count = await Barrage.RunAsync(ids, async id =>
        {
            var reply = await world.Merchant.WebhooksAsync(HttpMethod.Delete, Uri.EscapeDataString(new string([.. id.Where(c => !char.IsSurrogate(c))])));
            return Barrage.Unless((int)reply.Status is 400 or 404 or 405, $"{(int)reply.Status} {reply.Body}");
        });

        Assert.Equal(HttpStatusCode.NotFound, (await other.WebhooksAsync(HttpMethod.Delete, kept)).Status);
        Assert.Equal([kept], (await world.Merchant.WebhooksAsync(HttpMethod.Get)).Json["webhooks"]!.AsArray().Select(w => w!["id"]!.GetValue<string>()));
        Assert.Empty((await other.WebhooksAsync(HttpMethod.Get)).Json["webhooks"]!.AsArray());
        Assert.Equal(HttpStatusCode.NoContent, (await world.Merchant.WebhooksAsync(HttpMethod.Delete, kept)).Status);
        output.WriteLine($"{count} inputs.");
    }

    /// <param name="field">What must be named first; null where the text need not name one.</param>
    private static string? IsProblem(Reply reply, int status, string? field)
    {
        if ((int)reply.Status != status || reply.ContentType != "application/problem+json" || reply.Json["status"]!.GetValue<int>() != status)
        {
            return $"{(int)reply.Status} {reply.ContentType} {reply.Body[..Math.Min(200, reply.Body.Length)]}";
        }

        var name = reply.Json["extraDetails"]?[0]?["name"]?.GetValue<string>();
        return field is null ? null : Barrage.Unless(name == field && reply.Json["detail"]!.GetValue<string>().StartsWith(field, StringComparison.Ordinal), $"names {name}: {reply.Json["detail"]}");
    }

    private async Task NothingStoredAsync(int count)
    {
        Assert.Equal(0, await world.QueryAsync<long>("select count(*) from webhook_subscriptions where deleted_at is null"));
        Assert.Empty((await world.Merchant.WebhooksAsync(HttpMethod.Get)).Json["webhooks"]!.AsArray());
        output.WriteLine($"{count} inputs.");
    }

    private Task<Reply> RegisterAsync(byte[] body) => world.Merchant.WebhooksAsync(HttpMethod.Post, body: body);

    /// <summary>The body follows when it is asked for: who sends it all the same may find the connection gone before the answer is read.</summary>
    private async Task<Reply> AskToRegisterAsync(string body)
    {
        using var request = await world.Merchant.RequestAsync(HttpMethod.Post, "webhooks/v1/webhooks", null);
        request.Headers.ExpectContinue = true;
        request.Content = new StringContent(body, Encoding.ASCII, "application/json");
        return await world.Merchant.SendAsync(request);
    }
}
