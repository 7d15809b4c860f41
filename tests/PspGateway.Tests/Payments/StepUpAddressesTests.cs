using System.Text.Json.Nodes;
using PspGateway.Payments.StepUps;
using PspGateway.Tests.Vipps;
using PspGateway.Vipps;

namespace PspGateway.Tests.Payments;

public sealed class StepUpAddressesTests
{
    private static readonly IReadOnlyList<string> Hosts = new VippsOptions().AllowedHosts;

    [Theory]
    [InlineData("https://vipps.no/mobileintercept?transactionId=1&responsecode=OK")]
    [InlineData("https://www.vipps.no/x")]
    [InlineData("https://VIPPS.NO:8443/x#y")]
    [InlineData("https://pay.vippsmobilepay.com/")]
    public void A_host_that_is_allowed_and_its_subdomains_will_do(string address) => Assert.True(new StepUpAddresses(address, address, address).AreUsable(Hosts));

    [Theory]
    [InlineData("http://vipps.no/")]
    [InlineData("https://evilvipps.no/")]
    [InlineData("https://vipps.no.evil.example/")]
    [InlineData("https://vipps.no./")]
    [InlineData("https://user@vipps.no/")]
    [InlineData("https://vipps.no@evil.example/")]
    [InlineData("https://evil.example\\@vipps.no/")]
    [InlineData("https://evil.example/https://vipps.no/")]
    [InlineData("https://vipps.no/\u00e6")]
    [InlineData("https://vipps.no/\r\nLocation: https://evil.example")]
    [InlineData(" https://vipps.no/")]
    [InlineData("vipps://x")]
    [InlineData("javascript:alert(1)")]
    [InlineData("//vipps.no/")]
    [InlineData("")]
    [InlineData("https://127.0.0.1/")]
    [InlineData("http://localhost/")]
    public void Anything_else_will_not_in_whatever_place_it_stands(string address)
    {
        const string good = "https://vipps.no/";
        Assert.False(new StepUpAddresses(address, good, good).AreUsable(Hosts));
        Assert.False(new StepUpAddresses(good, address, good).AreUsable(Hosts));
        Assert.False(new StepUpAddresses(good, good, address).AreUsable(Hosts));
        Assert.True(new StepUpAddresses(good, good, good).AreUsable(Hosts));
    }

    [Fact]
    public void Plain_http_is_for_loopback_and_only_where_the_host_is_named()
    {
        var local = new StepUpAddresses("http://127.0.0.1:81/a", "http://127.0.0.1:81/b", "http://127.0.0.1:81/c");

        Assert.False(local.AreUsable(Hosts));
        Assert.True(local.AreUsable(["127.0.0.1"]));
        Assert.False(new StepUpAddresses("http://10.0.0.1/", "http://10.0.0.1/", "http://10.0.0.1/").AreUsable(["10.0.0.1"]));
    }

    [Fact]
    public void A_list_that_is_configured_takes_the_place_of_Vipps_own_hosts()
    {
        var options = new VippsOptions();
        options.OperationHosts.Add("wallet.example");

        Assert.Equal(["wallet.example"], options.AllowedHosts);
    }

    [Fact]
    public void They_are_read_byte_for_byte_from_a_call_that_names_all_three()
    {
        var call = Call(("3dssuccess", "https://vipps.no/%7Ea?b=%20&C"), ("3dscancel", "https://vipps.no/cancel"), ("3DSFailure", "https://vipps.no/failure"), ("other", "https://vipps.no/other"));

        Assert.Equal(new StepUpAddresses("https://vipps.no/%7Ea?b=%20&C", "https://vipps.no/cancel", "https://vipps.no/failure"), call.Parse().Addresses);
        Assert.Empty(call.Parse().Invalid);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{}")]
    [InlineData("\"3dssuccess\"")]
    [InlineData("[null, 1, \"x\", [], {}]")]
    [InlineData("""[{"operation":"3dssuccess","url":"https://vipps.no/"},{"operation":"3dscancel","url":"https://vipps.no/"}]""")]
    [InlineData("""[{"operation":"3dssuccess","url":"https://vipps.no/"},{"operation":"3dscancel","url":"https://vipps.no/"},{"operation":"3dsfailure","url":{}}]""")]
    public void A_call_without_all_three_is_as_valid_and_has_none(string operations)
    {
        var call = AMakePaymentCall.Accepted().With("operations", JsonNode.Parse(operations)).Parse();

        Assert.Null(call.Addresses);
        Assert.Empty(call.Invalid);
        Assert.NotNull(call.Token);
    }

    private static AMakePaymentCall Call(params (string Operation, string Url)[] operations) =>
        AMakePaymentCall.Accepted().With("operations", new JsonArray([.. operations.Select(o => new JsonObject { ["operation"] = o.Operation, ["url"] = o.Url })]));
}
