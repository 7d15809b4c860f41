using System.Text;
using System.Text.Json.Nodes;
using PspGateway.Vipps.Wire;

namespace PspGateway.Tests.Vipps;

/// <summary>A call as Vipps makes it, to be changed member by member. Paths are names joined by dots.</summary>
internal sealed class AMakePaymentCall
{
    private readonly JsonObject _root;

    private AMakePaymentCall(JsonObject root) => _root = root;

    public static AMakePaymentCall Accepted() => new(new JsonObject
    {
        ["pspTransactionId"] = APayment.Id.ToString("N"),
        ["merchantSerialNumber"] = "123456",
        ["paymentState"] = "ACCEPTED",
        ["binNumber"] = "492556",
        ["paymentInstrument"] = "TOKEN",
        ["operations"] = new JsonArray(new JsonObject { ["url"] = "https://vipps.example/ok", ["operation"] = "3dssuccess" }),
        ["networkToken"] = new JsonObject
        {
            ["number"] = ACardToken.Number,
            ["cryptogram"] = ACardToken.Proof,
            ["expiryMonth"] = "03",
            ["expiryYear"] = "2030",
            ["tokenType"] = "VISA",
            ["eci"] = "07",
        },
    });

    /// <summary>All that Vipps needs to send when the customer did not approve.</summary>
    public static AMakePaymentCall Bare() => new(new JsonObject
    {
        ["pspTransactionId"] = APayment.Id.ToString("N"),
        ["merchantSerialNumber"] = "123456",
    });

    public AMakePaymentCall With(string path, JsonNode? value)
    {
        Parent(path)[path.Split('.')[^1]] = value;
        return this;
    }

    public AMakePaymentCall Without(string path)
    {
        Assert.True(Parent(path).Remove(path.Split('.')[^1]));
        return this;
    }

    public string ToJson() => _root.ToJsonString();

    public MakePaymentCall Parse() => Parse(ToJson());

    public static MakePaymentCall Parse(string json) => TryParse(Encoding.UTF8.GetBytes(json)) ?? throw new Xunit.Sdk.XunitException("Not read at all.");

    public static MakePaymentCall? TryParse(byte[] body) => MakePaymentCall.Parse(body);

    private JsonObject Parent(string path) => path.Split('.').SkipLast(1).Aggregate(_root, (at, name) => at[name]!.AsObject());
}
