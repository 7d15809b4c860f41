using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Routing;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>/openapi/v1.json against the routes that are served.</summary>
public sealed class ApiDescriptionTests(TestWorld world) : IClassFixture<TestWorld>
{
    private const string Itself = "/openapi/{documentName}.json";
    private static readonly string[] Methods = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

    [Fact]
    public async Task Every_route_that_is_served_is_described_and_nothing_else()
    {
        var document = await ReadAsync();

        var served = world.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
            .Where(e => e.RoutePattern.RawText != Itself)
            .SelectMany(e => e.Metadata.GetRequiredMetadata<IHttpMethodMetadata>().HttpMethods.Select(method => $"{method.ToLowerInvariant()} /{e.RoutePattern.RawText!.Trim('/')}"));
        var described = Operations(document).Select(o => $"{o.Method} {o.Path}");

        Assert.Equal(served.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.Contains("post /vipps/make-payment", described);
        Assert.Contains("get /metrics", described);
    }

    [Fact]
    public async Task The_document_is_valid_OpenAPI_and_every_reference_in_it_leads_somewhere()
    {
        var document = await ReadAsync();

        Assert.Matches(@"^3\.[01]\.\d+$", document["openapi"]!.GetValue<string>());
        Assert.NotEmpty(document["info"]!["title"]!.GetValue<string>());
        Assert.NotEmpty(document["info"]!["version"]!.GetValue<string>());
        Assert.Equal(world.GatewayUrl.AbsoluteUri.TrimEnd('/'), document["servers"]![0]!["url"]!.GetValue<string>());
        var references = Everything(document).OfType<JsonObject>().Where(o => o["$ref"] is JsonValue).Select(o => o["$ref"]!.GetValue<string>()).ToList();
        Assert.NotEmpty(references);
        Assert.All(references, reference => Assert.NotNull(Resolve(document, reference)));
        foreach (var (path, _, operation) in Operations(document))
        {
            Assert.NotEmpty(operation["responses"]!.AsObject());
            Assert.All(operation["responses"]!.AsObject(), r => Assert.NotNull(r.Value!["description"]));

            // Each parameter of the path is declared, once.
            var inPath = (operation["parameters"]?.AsArray() ?? []).Where(p => p!["in"]!.GetValue<string>() == "path").Select(p => p!["name"]!.GetValue<string>());
            Assert.Equal(path.Split('/').Where(part => part.StartsWith('{')).Select(part => part.Trim('{', '}')), inPath);
        }
    }

    [Fact]
    public async Task Each_operation_asks_for_what_its_route_asks_for()
    {
        var document = await ReadAsync();

        foreach (var endpoint in world.Service<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().Where(e => e.RoutePattern.RawText != Itself))
        {
            var path = $"/{endpoint.RoutePattern.RawText!.Trim('/')}";
            var asked = endpoint.Metadata.GetMetadata<IAuthorizeData>()?.AuthenticationSchemes;
            var said = Operations(document).First(o => o.Path == path).Operation["security"]?.AsArray().SelectMany(s => s!.AsObject().Select(p => p.Key)) ?? [];

            Assert.Equal(asked is null ? [] : [asked], said);
            Assert.All(said, scheme => Assert.NotNull(document["components"]!["securitySchemes"]![scheme]));
        }
    }

    [Fact]
    public async Task A_merchant_can_read_how_to_create_a_payment()
    {
        var document = await ReadAsync();

        var create = document["paths"]!["/epayment/v1/payments"]!["post"]!;

        var headers = create["parameters"]!.AsArray().Where(p => p!["in"]!.GetValue<string>() == "header" && p["required"]!.GetValue<bool>()).Select(p => p!["name"]!.GetValue<string>());
        Assert.Equal(["Idempotency-Key", "Merchant-Serial-Number"], headers.Order(StringComparer.Ordinal));
        Assert.Equal(["201", "400", "401", "403", "409", "413", "502", "503"], create["responses"]!.AsObject().Select(r => r.Key).Order(StringComparer.Ordinal));
        var body = Resolve(document, create["requestBody"]!["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>())!;
        Assert.Equal(["amount", "paymentMethod", "reference", "userFlow"], body["required"]!.AsArray().Select(r => r!.GetValue<string>()).Order(StringComparer.Ordinal));
        Assert.Equal("^[a-zA-Z0-9-]{8,50}$", body["properties"]!["reference"]!["pattern"]!.GetValue<string>());
        var amount = Resolve(document, body["properties"]!["amount"]!["$ref"]!.GetValue<string>())!["properties"]!["value"]!;
        Assert.Equal(("integer", 100, 65_000_000), (amount["type"]!.GetValue<string>(), amount["minimum"]!.GetValue<long>(), amount["maximum"]!.GetValue<long>()));
        Assert.Equal("string", body["properties"]!["returnUrl"]!["type"]!.GetValue<string>());
        var problem = Resolve(document, create["responses"]!["409"]!["content"]!["application/problem+json"]!["schema"]!["$ref"]!.GetValue<string>())!;
        Assert.NotNull(problem["properties"]!["detail"]);
        var token = Resolve(document, document["paths"]!["/accesstoken/get"]!["post"]!["responses"]!["200"]!["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>())!;
        Assert.NotNull(token["properties"]!["access_token"]);
    }

    [Fact]
    public async Task A_merchant_can_read_how_to_capture_refund_and_cancel()
    {
        var document = await ReadAsync();

        foreach (var (word, member, required) in new[] { ("capture", "modificationAmount", true), ("refund", "modificationAmount", true), ("cancel", "cancelTransactionOnly", false) })
        {
            var post = document["paths"]![$"/epayment/v1/payments/{{reference}}/{word}"]!["post"]!;
            Assert.Equal(["Idempotency-Key", "Merchant-Serial-Number"], post["parameters"]!.AsArray().Where(p => p!["in"]!.GetValue<string>() == "header").Select(p => p!["name"]!.GetValue<string>()).Order(StringComparer.Ordinal));
            Assert.Equal(["200", "400", "401", "403", "404", "409", "413", "503"], post["responses"]!.AsObject().Select(r => r.Key).Order(StringComparer.Ordinal));
            Assert.Equal(required, post["requestBody"]!["required"]?.GetValue<bool>() ?? false);
            var body = Resolve(document, post["requestBody"]!["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>())!;
            Assert.NotNull(body["properties"]![member]);
            var answer = Resolve(document, post["responses"]!["200"]!["content"]!["application/json"]!["schema"]!["$ref"]!.GetValue<string>())!;
            Assert.NotNull(answer["properties"]!["aggregate"]);
        }
    }

    // The reading is by hand and tolerant of content types: describing a body must not make routing refuse what it took before.
    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/xml")]
    [InlineData(null)]
    public async Task A_described_body_is_still_taken_under_any_content_type(string? contentType)
    {
        using var request = await world.Merchant.RequestAsync(HttpMethod.Post, "epayment/v1/payments", null);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", Guid.NewGuid().ToString());
        request.Content = new StringContent(MerchantClient.ABody(MerchantClient.AReference()).ToJsonString());
        request.Content.Headers.ContentType = contentType is null ? null : new System.Net.Http.Headers.MediaTypeHeaderValue(contentType);

        Assert.Equal(System.Net.HttpStatusCode.Created, (await world.Merchant.SendAsync(request)).Status);
    }

    private async Task<JsonObject> ReadAsync() => JsonNode.Parse(await world.Http.GetStringAsync(new Uri(world.GatewayUrl, "openapi/v1.json")))!.AsObject();

    private static IEnumerable<(string Path, string Method, JsonNode Operation)> Operations(JsonObject document) =>
        document["paths"]!.AsObject().SelectMany(path => path.Value!.AsObject().Where(o => Methods.Contains(o.Key)).Select(o => (path.Key, o.Key, o.Value!)));

    private static IEnumerable<JsonNode> Everything(JsonNode node) => node switch
    {
        JsonObject o => o.Where(p => p.Value is not null).SelectMany(p => Everything(p.Value!)).Prepend(o),
        JsonArray a => a.OfType<JsonNode>().SelectMany(Everything).Prepend(a),
        _ => [node],
    };

    private static JsonNode? Resolve(JsonObject document, string reference) =>
        reference.StartsWith("#/", StringComparison.Ordinal) ? reference[2..].Split('/').Aggregate((JsonNode?)document, (node, part) => node?[part.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal)]) : null;
}
