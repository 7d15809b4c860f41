using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>Vipps MobilePay's own SDK for merchants, as npm has it; only its fetch is pointed at the gateway.</summary>
public sealed class SdkTests(TestPostgres postgres)
{
    private const string Package = "@vippsmobilepay/sdk";
    private const string Script = """
        import { Client } from "@vippsmobilepay/sdk";
        const [gateway, returnUrl] = process.argv.slice(2);
        const send = globalThis.fetch;
        globalThis.fetch = async (request) => send(new Request(request.url.replace("https://apitest.vipps.no", gateway),
            { method: request.method, headers: request.headers, body: request.method === "GET" ? undefined : (await request.text()) || undefined }));
        const client = Client({ merchantSerialNumber: "123456", subscriptionKey: "simulated-shop-subscription-key", useTestMode: true, retryRequests: false });
        const must = (name, result) => { if (!result.ok) throw new Error(name + ": " + JSON.stringify(result.error)); return result.data; };
        const token = must("token", await client.auth.getToken("simulated-shop-client", "simulated-shop-secret")).access_token;
        const nok = (value) => ({ modificationAmount: { currency: "NOK", value } });
        const create = async () => must("create", await client.payment.create(token, {
            amount: { currency: "NOK", value: 49900 }, paymentMethod: { type: "WALLET" }, customer: { phoneNumber: "4791234567" },
            returnUrl, userFlow: "WEB_REDIRECT", paymentDescription: "One pair of socks" }));
        const { reference } = await create();
        must("approve", await client.payment.forceApprove(token, reference, { customer: { phoneNumber: "4791234567" } }));
        const captured = must("capture", await client.payment.capture(token, reference, nok(30000)));
        const refunded = must("refund", await client.payment.refund(token, reference, nok(10000)));
        const cancelled = must("cancel", await client.payment.cancel(token, reference));
        const info = must("info", await client.payment.info(token, reference));
        const history = must("history", await client.payment.history(token, reference));
        const tooMuch = await client.payment.refund(token, reference, nok(20001));
        const early = (await create()).reference;
        const ended = must("cancel early", await client.payment.cancel(token, early));
        const hook = { url: "https://webhooks.example.com/vipps", events: ["epayments.payment.captured.v1", "epayments.payment.refunded.v1"] };
        const registered = must("register", await client.webhook.register(token, hook));
        const listed = must("list", await client.webhook.list(token));
        must("delete", await client.webhook.delete(token, registered.id));
        const left = must("list again", await client.webhook.list(token));
        const wrong = await client.webhook.register(token, { ...hook, events: ["epayments.payment.eaten.v1"] });
        console.log(JSON.stringify({ captured, refunded, cancelled, info, history, tooMuch, ended, registered, listed, left, wrong }));
        """;

    [Fact]
    public async Task Vipps_own_SDK_creates_approves_captures_refunds_cancels_reads_events_and_registers_webhooks_unchanged()
    {
        var folder = Npm.Folder("npm-sdk");
        var problem = await Npm.FetchAsync(folder, [$"{Package}@2.4.2"], Path.Combine(folder, "node_modules", Package, "package.json"));
        Assert.SkipWhen(problem is not null, problem ?? "");
        Assert.SkipUnless(Npm.OnPath("node"), "node is not there.");
        await using var world = new TestEnvironmentWorld(postgres);
        await world.InitializeAsync();
        var script = Path.Combine(folder, "life.mjs");
        await File.WriteAllTextAsync(script, Script);

        var (exitCode, output) = await Npm.RunAsync(TimeSpan.FromMinutes(1), "node", [script, world.GatewayUrl.AbsoluteUri.TrimEnd('/'), "https://shop.example/back"]);

        Assert.True(exitCode == 0, output);
        var life = JsonNode.Parse(output)!;
        Assert.Equal((49_900, 30_000, 0, 0), Aggregate.Of(life["captured"]!));
        Assert.Equal((49_900, 30_000, 0, 10_000), Aggregate.Of(life["refunded"]!));
        Assert.Equal((49_900, 30_000, 19_900, 10_000), Aggregate.Of(life["cancelled"]!));
        Assert.Equal(("AUTHORIZED", (49_900L, 30_000L, 19_900L, 10_000L)), (life["info"]!["state"]!.GetValue<string>(), Aggregate.Of(life["info"]!)));
        Assert.Equal(["CREATED", "AUTHORIZED", "CAPTURED", "REFUNDED", "CANCELLED"], life["history"]!.AsArray().Select(e => e!["name"]!.GetValue<string>()));
        Assert.Equal((false, 409), (life["tooMuch"]!["ok"]!.GetValue<bool>(), life["tooMuch"]!["error"]!["status"]!.GetValue<int>()));
        Assert.Equal("TERMINATED", life["ended"]!["state"]!.GetValue<string>());
        var (id, hook) = (life["registered"]!["id"]!.GetValue<string>(), life["listed"]!["webhooks"]!.AsArray().Single()!);
        Assert.True(Guid.TryParse(id, out _) && life["registered"]!["secret"]!.GetValue<string>().Length > 30, output);
        Assert.Equal((id, "https://webhooks.example.com/vipps"), (hook["id"]!.GetValue<string>(), hook["url"]!.GetValue<string>()));
        Assert.Equal(["epayments.payment.captured.v1", "epayments.payment.refunded.v1"], hook["events"]!.AsArray().Select(e => e!.GetValue<string>()));
        Assert.Empty(life["left"]!["webhooks"]!.AsArray());
        Assert.Equal((false, 400), (life["wrong"]!["ok"]!.GetValue<bool>(), life["wrong"]!["error"]!["status"]!.GetValue<int>()));
        await TestWorld.EventuallyAsync(async () => await world.BooksAsync(life["info"]!["pspReference"]!.GetValue<string>()) is { } books
            && books.AtAcquirer == (49_900, 30_000, 19_900, 10_000) && books.AtVipps == books.AtAcquirer);
    }

    private sealed class TestEnvironmentWorld(TestPostgres postgres) : TestWorld(postgres)
    {
        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Vipps:TestEnvironment"] = "true" };
    }
}
