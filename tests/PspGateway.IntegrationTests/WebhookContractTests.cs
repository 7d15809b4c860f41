using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>Vipps' own specification of the Webhooks API judges what we answer.</summary>
public sealed class WebhookContractTests(TestWorld world) : IClassFixture<TestWorld>
{
    [Fact]
    public async Task What_the_API_of_webhooks_answers_is_valid()
    {
        using var contract = await PublishedContract.ProxyAsync("webhooks-v1", new Uri(world.GatewayUrl, "webhooks"));

        var registered = await ValidAsync(HttpMethod.Post, "", 201, """{"url":"https://shop.example/hook?a=b","events":["epayments.payment.captured.v1","epayments.payment.expiring.v1"]}""");
        Assert.NotNull(registered!["secret"]);
        var listed = await ValidAsync(HttpMethod.Get, "", 200);
        Assert.Single(listed!["webhooks"]!.AsArray());
        await ValidAsync(HttpMethod.Post, "", 400, """{"url":"https://shop.example/hook","events":["epayments.payment.eaten.v1"]}""");
        await ValidAsync(HttpMethod.Post, "", 400, """{"url":"http://shop.example/hook","events":["epayments.payment.captured.v1"]}""");
        await ValidAsync(HttpMethod.Post, "", 400, """{"url":"https://127.0.0.1/hook","events":["epayments.payment.captured.v1"]}""");
        await ValidAsync(HttpMethod.Post, "", 400, """{"url":"https://shop.example/hook","events":[]}""");
        await ValidAsync(HttpMethod.Delete, $"/{registered["id"]}", 204);
        Assert.Empty((await ValidAsync(HttpMethod.Get, "", 200))!["webhooks"]!.AsArray());

        // That the judge can say no: to a request, and to the one answer of ours that it does not know.
        using var wrong = await SendAsync(HttpMethod.Post, "", """{"url":"https://shop.example/hook","events":"all"}""");
        Assert.Equal(HttpStatusCode.UnprocessableEntity, wrong.StatusCode);
        using var gone = await SendAsync(HttpMethod.Delete, $"/{registered["id"]}");
        Assert.Equal(HttpStatusCode.NotFound, gone.StatusCode);
        Assert.Contains("204,400", PublishedContract.ViolationsOf(gone), StringComparison.Ordinal);

        async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? body = null)
        {
            using var request = await world.Merchant.RequestAsync(method, "", null);
            request.RequestUri = new Uri(contract.Url, $"v1/webhooks{path}");
            request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
            return await world.Http.SendAsync(request);
        }

        async Task<JsonNode?> ValidAsync(HttpMethod method, string path, int status, string? body = null)
        {
            using var response = await SendAsync(method, path, body);
            var text = await response.Content.ReadAsStringAsync();
            Assert.Null(PublishedContract.ViolationsOf(response));
            Assert.True((HttpStatusCode)status == response.StatusCode, $"{response.StatusCode} {text}");
            return text.Length == 0 ? null : JsonNode.Parse(text);
        }
    }
}
