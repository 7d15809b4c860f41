using System.Text;
using System.Text.Json.Nodes;
using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.IntegrationTests.World;
using PspGateway.Payments;
using PspGateway.Vipps;

namespace PspGateway.IntegrationTests;

/// <summary>Vipps' and Adyen's own specifications judge what we send and answer.</summary>
public sealed class ContractTests(TestEnvironmentWorld world) : IClassFixture<TestEnvironmentWorld>
{
    [Fact]
    public async Task What_the_merchant_API_answers_is_valid_ePayment()
    {
        using var contract = await PublishedContract.ProxyAsync("epayment-v1", world.GatewayUrl);
        var reference = MerchantClient.AReference();
        var body = MerchantClient.ABody(reference);
        body["metadata"] = new JsonObject { ["a"] = "b" };

        await ValidAsync(await PostAsync(body, "contract-1"));
        await ValidAsync(await PostAsync(body, "contract-2"));
        await ValidAsync(await GetAsync($"epayment/v1/payments/{reference}"));
        var id = (await world.Merchant.GetAsync(reference))["pspReference"]!.GetValue<string>();
        await world.Vipps.PostAsync(id);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(reference) == "AUTHORIZED");
        await ValidAsync(await ModifyAsync("capture", 20_000, "contract-3"), 200);
        await ValidAsync(await ModifyAsync("capture", 60_000, "contract-4"), 409);
        await ValidAsync(await ModifyAsync("refund", 5_000, "contract-5"), 200);
        await ValidAsync(await ModifyAsync("refund", 15_001, "contract-6"), 409);
        await ValidAsync(await ModifyAsync("cancel", null, "contract-7"), 200);
        await ValidAsync(await ModifyAsync("cancel", null, "contract-8"), 409);
        await ValidAsync(await ModifyAsync("capture", 0, "contract-9"), 400);
        await ValidAsync(await GetAsync($"epayment/v1/payments/{reference}"));
        await ValidAsync(await GetAsync($"epayment/v1/payments/{reference}/events"));
        reference += "-none";
        await ValidAsync(await ModifyAsync("capture", 100, "contract-10"), 404);

        Task<HttpRequestMessage> ModifyAsync(string what, long? value, string key) => PostAsync(
            value is null ? null : new JsonObject { ["modificationAmount"] = new JsonObject { ["currency"] = "NOK", ["value"] = value } }, key, $"/{reference}/{what}");

        async Task<HttpRequestMessage> PostAsync(JsonObject? what, string key, string path = "")
        {
            var request = await RequestAsync(HttpMethod.Post, $"epayment/v1/payments{path}");
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key + reference[..20]);
            request.Content = what is null ? null : new StringContent(what.ToJsonString(), Encoding.UTF8, "application/json");
            return request;
        }

        Task<HttpRequestMessage> GetAsync(string path) => RequestAsync(HttpMethod.Get, path);

        async Task<HttpRequestMessage> RequestAsync(HttpMethod method, string path)
        {
            var request = await world.Merchant.RequestAsync(method, path, null);
            request.RequestUri = new Uri(contract.Url, path);
            return request;
        }

        async Task ValidAsync(HttpRequestMessage request, int? status = null)
        {
            using var response = await world.Http.SendAsync(request);
            Assert.Null(PublishedContract.ViolationsOf(response));
            Assert.NotEqual(System.Net.HttpStatusCode.InternalServerError, response.StatusCode);
            Assert.Equal(status ?? (int)response.StatusCode, (int)response.StatusCode);
        }
    }

    [Fact]
    public async Task What_we_send_to_Vipps_is_valid_and_a_wrong_member_is_noticed()
    {
        using var contract = await PublishedContract.MockAsync("psp-v3");
        var payment = await world.Merchant.CreateAsync();

        // The report's answer is lost, so that the details are read before it is sent again.
        await world.Vipps.FaultAsync("vipps", new() { ["path"] = "updatestatus", ["mode"] = "drop", ["times"] = 1, ["contains"] = payment.PspTransactionId });
        using (var approve = await world.Merchant.RequestAsync(HttpMethod.Post, $"epayment/v1/test/payments/{payment.Reference}/approve", null))
        {
            approve.Content = new StringContent("""{"customer":{"phoneNumber":"4791234567"}}""", Encoding.UTF8, "application/json");
            Assert.Equal(System.Net.HttpStatusCode.OK, (await world.Merchant.SendAsync(approve)).Status);
        }

        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") == 1 && (await SentAsync("details")).Any());
        var init = (await SentAsync("init")).Single();
        Assert.Null(await JudgeAsync(init));
        Assert.Null(await JudgeAsync((await SentAsync("updatestatus"))[0]));
        Assert.Null(await JudgeAsync((await SentAsync("details"))[0]));
        Assert.Null(await JudgeAsync((await SentAsync("approve")).Single()));

        init["body"]!["amount"] = "49900";
        Assert.NotNull(await JudgeAsync(init));

        async Task<IReadOnlyList<JsonNode>> SentAsync(string path) => [.. (await world.Vipps.RequestsAsync(path)).Where(call => call.ToJsonString().Contains(payment.PspTransactionId, StringComparison.Ordinal))];

        async Task<string?> JudgeAsync(JsonNode call)
        {
            using var request = new HttpRequestMessage(new HttpMethod(call["method"]!.GetValue<string>()), new Uri(contract.Url, call["path"]!.GetValue<string>()));
            if (call["body"] is { } body)
            {
                request.Content = new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json");
            }

            foreach (var (name, value) in call["headers"]!.AsObject())
            {
                request.Headers.TryAddWithoutValidation(name, value!.ToString());
            }

            using var response = await world.Http.SendAsync(request);
            Assert.NotEqual(System.Net.HttpStatusCode.NotFound, response.StatusCode);
            return PublishedContract.ViolationsOf(response);
        }
    }

    [Fact]
    public async Task How_we_ask_Vipps_for_an_access_token_is_valid()
    {
        using var contract = await PublishedContract.MockAsync("accesstoken");
        await using var judged = new WorldWithJudge(world.Postgres, "Vipps:BaseUrl", contract.Url);
        await judged.InitializeAsync();

        // A call that is not valid is refused. The published example of an answer breaks its own schema, which the mock owns up to with a 500.
        var answered = await Assert.ThrowsAsync<HttpRequestException>(() => judged.Service<VippsAccessTokens>().GetAsync(TestContext.Current.CancellationToken));
        Assert.Equal(System.Net.HttpStatusCode.InternalServerError, answered.StatusCode);
        using var without = new HttpRequestMessage(HttpMethod.Post, new Uri(contract.Url, "accesstoken/get"));
        using var refused = await world.Http.SendAsync(without);
        Assert.NotEqual(System.Net.HttpStatusCode.InternalServerError, refused.StatusCode);
        Assert.Contains("client_id", PublishedContract.ViolationsOf(refused), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_we_send_to_the_acquirer_is_valid_Checkout()
    {
        using var contract = await PublishedContract.MockAsync("adyen");
        await using var judged = new WorldWithJudge(world.Postgres, "Acquirer:Adyen:BaseUrl", contract.Url);
        await judged.InitializeAsync();
        var payment = await judged.Merchant.CreateAsync();

        // The mock answers with an example; a request that is not valid would be refused, which is answered 91.
        Assert.NotEqual(91, (await judged.Vipps.PostAsync(payment.PspTransactionId)).ErrorId);
        foreach (var kind in (OperationKind[])[OperationKind.Capture, OperationKind.Refund, OperationKind.Cancel])
        {
            var modification = new ModificationRequest { IdempotencyKey = "key-2", Reference = "order-c1", Account = "TestAccount", AcquirerReference = "8836183819713023", Amount = Money.Nok(100), Again = false };
            var outcome = await judged.Service<IAcquirer>().ModifyAsync(kind, modification, TestContext.Current.CancellationToken);

            // The mock's example answers with a reference that is not ours: what is no answer to us is unknown. A request that is not valid would be refused.
            Assert.IsNotType<ModificationOutcome.Refused>(outcome);
        }

        foreach (var acquirerReference in (string?[])["8836183819713023", null])
        {
            var cancel = new CancelRequest { IdempotencyKey = "key-1", Reference = "order-r1", Account = "TestAccount", AcquirerReference = acquirerReference, OriginalReference = "order-1" };
            Assert.IsType<CancelOutcome.Received>(await judged.Service<IAcquirer>().CancelAsync(cancel, TestContext.Current.CancellationToken));
        }
    }

    private sealed class WorldWithJudge(TestPostgres postgres, string setting, Uri judge) : TestWorld(postgres)
    {
        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { [setting] = judge.AbsoluteUri };
    }
}
