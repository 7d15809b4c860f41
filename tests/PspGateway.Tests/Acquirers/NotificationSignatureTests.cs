using System.Text.Json;
using System.Text.Json.Nodes;
using PspGateway.Acquirers.Adyen;
using PspGateway.Acquirers.Adyen.Wire;

namespace PspGateway.Tests.Acquirers;

public sealed class NotificationSignatureTests
{
    // Both signatures were computed with Python's hmac module, over the eight members joined by colons.
    private static readonly byte[] FirstKey = Convert.FromHexString("44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056");
    private static readonly byte[] SecondKey = [.. Enumerable.Range(0, 32).Select(i => (byte)i)];

    [Fact]
    public void A_missing_original_reference_is_signed_as_empty()
    {
        Assert.True(NotificationSignature.IsValid(Item(Authorisation()), FirstKey));
        Assert.True(NotificationSignature.IsValid(Item(Authorisation(a => a["originalReference"] = "")), FirstKey));
    }

    [Fact]
    public void All_eight_members_are_signed_in_their_order() => Assert.True(NotificationSignature.IsValid(Item(Cancellation()), SecondKey));

    [Theory]
    [InlineData("pspReference")]
    [InlineData("originalReference")]
    [InlineData("merchantAccountCode")]
    [InlineData("merchantReference")]
    [InlineData("eventCode")]
    [InlineData("success")]
    public void A_member_that_was_changed_or_taken_away_is_noticed(string member)
    {
        Assert.False(NotificationSignature.IsValid(Item(Cancellation(c => c[member] = "true")), SecondKey));
        Assert.False(NotificationSignature.IsValid(Item(Cancellation(c => c[member] = c[member]!.GetValue<string>() + " ")), SecondKey));
        Assert.False(NotificationSignature.IsValid(Item(Cancellation(c => c.Remove(member))), SecondKey));
    }

    [Fact]
    public void An_amount_that_was_changed_or_taken_away_is_noticed()
    {
        Assert.False(NotificationSignature.IsValid(Item(Cancellation(c => c["amount"]!["value"] = 49_901)), SecondKey));
        Assert.False(NotificationSignature.IsValid(Item(Cancellation(c => c["amount"]!["currency"] = "SEK")), SecondKey));
        Assert.False(NotificationSignature.IsValid(Item(Cancellation(c => c.Remove("amount"))), SecondKey));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("IA3I")]
    [InlineData("not base64!")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=")]
    [InlineData("IA3IVprNjPdqfh/ke0JFxK8bae+zu6wnCIeL1X7Z6iQAAA==")]
    [InlineData("IA3IVprNjPdqfh/ke0JFxK8bae+zu6wnCIeL1X7Z6iQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public void A_signature_that_is_missing_or_another_is_refused(string? signature) =>
        Assert.False(NotificationSignature.IsValid(Item(Cancellation(c => c["additionalData"]!["hmacSignature"] = signature)), SecondKey));

    [Fact]
    public void Another_key_signs_otherwise()
    {
        Assert.False(NotificationSignature.IsValid(Item(Cancellation()), FirstKey));
        Assert.False(NotificationSignature.IsValid(Item(Cancellation(c => c.Remove("additionalData"))), SecondKey));
    }

    private static JsonObject Authorisation(Action<JsonObject>? change = null) => Changed(
        """
        {"pspReference":"7914073381342284","merchantAccountCode":"TestMerchant","merchantReference":"TestPayment-1407325143704",
         "amount":{"value":1130,"currency":"EUR"},"eventCode":"AUTHORISATION","success":"true",
         "additionalData":{"hmacSignature":"coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="}}
        """,
        change);

    private static JsonObject Cancellation(Action<JsonObject>? change = null) => Changed(
        """
        {"pspReference":"8835511210681324","originalReference":"8815658961765250","merchantAccountCode":"MerchantOne","merchantReference":"0f3a-1",
         "amount":{"value":49900,"currency":"NOK"},"eventCode":"CANCELLATION","success":"false","reason":"not signed",
         "additionalData":{"hmacSignature":"IA3IVprNjPdqfh/ke0JFxK8bae+zu6wnCIeL1X7Z6iQ="}}
        """,
        change);

    private static JsonObject Changed(string json, Action<JsonObject>? change)
    {
        var item = JsonNode.Parse(json)!.AsObject();
        change?.Invoke(item);
        return item;
    }

    private static NotificationRequestItem Item(JsonObject item)
    {
        var body = new JsonObject { ["live"] = "false", ["notificationItems"] = new JsonArray(new JsonObject { ["NotificationRequestItem"] = item }) };
        return JsonSerializer.Deserialize(body.ToJsonString(), AdyenJson.Default.NotificationRequest)!.NotificationItems![0]!.Item!;
    }
}
