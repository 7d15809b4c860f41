using System.Text;
using System.Text.Json.Nodes;
using PspGateway.Merchants.Wire;

namespace PspGateway.Tests.Merchants;

/// <summary>A merchant's create call, to be changed member by member. Paths are names joined by dots.</summary>
internal sealed class ACreateCall
{
    private readonly JsonObject _root = new()
    {
        ["amount"] = new JsonObject { ["currency"] = "NOK", ["value"] = 49_900 },
        ["paymentMethod"] = new JsonObject { ["type"] = "WALLET" },
        ["customer"] = new JsonObject { ["phoneNumber"] = "4798765432" },
        ["reference"] = "order-0001",
        ["returnUrl"] = "https://shop.example/back?order=1",
        ["userFlow"] = "WEB_REDIRECT",
        ["paymentDescription"] = "One pair of socks",
    };

    private string[] _origins = ["https://shop.example", "http://localhost:8080", "http://shop.example", "shopapp:"];

    public static ACreateCall Valid() => new();

    public ACreateCall With(string path, JsonNode? value)
    {
        Parent(path)[path.Split('.')[^1]] = value;
        return this;
    }

    public ACreateCall WithJson(string path, string json) => With(path, JsonNode.Parse(json));

    public ACreateCall Without(string path)
    {
        Assert.True(Parent(path).Remove(path.Split('.')[^1]));
        return this;
    }

    public ACreateCall From(params string[] origins)
    {
        _origins = origins;
        return this;
    }

    public string ToJson() => _root.ToJsonString();

    public CreatePaymentRequest Parse() => Parse(ToJson());

    public CreatePaymentRequest Parse(string json) => CreatePaymentRequest.Parse(Encoding.UTF8.GetBytes(json), _origins);

    public void AssertNames(string field)
    {
        var exception = Assert.Throws<InvalidFieldException>(Parse);
        Assert.Equal(field, exception.Field);
        Assert.NotEmpty(exception.Reason);
    }

    private JsonObject Parent(string path) => path.Split('.').SkipLast(1).Aggregate(_root, (at, name) => at[name]!.AsObject());
}
