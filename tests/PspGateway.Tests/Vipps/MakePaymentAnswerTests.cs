using System.Text;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Vipps.Wire;

namespace PspGateway.Tests.Vipps;

public sealed class MakePaymentAnswerTests
{
    private static readonly PspTransactionId Id = new(APayment.Id);

    [Fact]
    public void OK_is_these_bytes_and_no_others() => Assert.Equal(
        """{"paymentInfo":{"pspTransactionId":"0199a3c4d5e67f8091a2b3c4d5e6f708","status":"OK"}}""",
        Encoding.UTF8.GetString(MakePaymentAnswer.Ok(Id)));

    [Theory]
    [InlineData(false, "82")]
    [InlineData(true, "\"82\"")]
    public void FAIL_carries_its_error_id_as_a_number_or_as_a_string(bool asString, string errorId) => Assert.Equal(
        $$$"""{"errorMessage":{"errorId":{{{errorId}}},"errorText":"Refused by Issuer"},"paymentInfo":{"pspTransactionId":"0199a3c4d5e67f8091a2b3c4d5e6f708","status":"FAIL"}}""",
        Encoding.UTF8.GetString(MakePaymentAnswer.Fail(Id, VippsErrorId.Of(DeclineReason.RefusedByIssuer), asString)));

    [Theory]
    [InlineData(false, "1036")]
    [InlineData(true, "\"1036\"")]
    public void SOFT_DECLINE_carries_the_page_and_is_read_as_what_it_is(bool asString, string errorId)
    {
        var body = MakePaymentAnswer.SoftDecline(Id, new Uri("https://gateway.example/3ds/abc"), asString);

        Assert.Equal(
            $$$"""{"errorMessage":{"errorId":{{{errorId}}},"errorText":"Soft Decline"},"paymentInfo":{"pspTransactionId":"0199a3c4d5e67f8091a2b3c4d5e6f708","status":"SOFT_DECLINE","url3dSecure":"https://gateway.example/3ds/abc"}}""",
            Encoding.UTF8.GetString(body));
        Assert.Equal(("soft_decline", "1036"), MakePaymentAnswer.Read(body));
    }

    [Fact]
    public void The_error_id_is_a_number_unless_asked_otherwise() => Assert.False(new PspGateway.Vipps.VippsOptions().ErrorIdAsString);

    public static TheoryData<DeclineReason, int> ErrorIds() => new()
    {
        { DeclineReason.NoSuchIssuer, 81 },
        { DeclineReason.RefusedByIssuer, 82 },
        { DeclineReason.SuspectedFraud, 83 },
        { DeclineReason.ExceedsLimit, 84 },
        { DeclineReason.IssuerUnavailable, 85 },
        { DeclineReason.ExpiredCard, 86 },
        { DeclineReason.InvalidCardNumber, 87 },
        { DeclineReason.CreditCardsNotAllowed, 88 },
        { DeclineReason.InsufficientFunds, 89 },
        { DeclineReason.AcquirerError, 91 },
        { DeclineReason.AuthenticationFailed, 94 },
        { DeclineReason.CancelledAtAcquirer, 72 },
        { DeclineReason.TooLate, 85 },
        { DeclineReason.InternalError, 91 },
    };

    [Theory]
    [MemberData(nameof(ErrorIds))]
    public void Each_reason_has_its_error_id_and_a_text(DeclineReason reason, int id)
    {
        Assert.Equal(id, VippsErrorId.Of(reason).Id);
        Assert.NotEmpty(VippsErrorId.Of(reason).Text);
    }

    [Fact]
    public void No_reason_is_without_an_expectation_here() =>
        Assert.Equal(Enum.GetValues<DeclineReason>().Order(), ErrorIds().Select(row => row.Data.Item1).Order());

    [Fact]
    public void One_error_id_has_one_text() =>
        Assert.All(Enum.GetValues<DeclineReason>().Select(VippsErrorId.Of).GroupBy(e => e.Id), same => Assert.Single(same.Select(e => e.Text).Distinct(StringComparer.Ordinal)));

    [Fact]
    public void A_reason_that_nobody_knows_throws() => Assert.Throws<ArgumentOutOfRangeException>(() => VippsErrorId.Of((DeclineReason)999));

    [Theory]
    [InlineData("TIMEOUT")]
    [InlineData("CANCEL")]
    [InlineData("NO")]
    public void What_Vipps_said_itself_is_given_back_under_one_error_id(string word)
    {
        Assert.Equal(93, VippsErrorId.StatusFromVipps(word).Id);
        Assert.Equal($"Status from Vipps:{word}", VippsErrorId.StatusFromVipps(word).Text);
    }

    [Fact]
    public void An_invalid_request_is_71() => Assert.Equal(71, VippsErrorId.InvalidRequest.Id);

    [Fact]
    public void What_an_answer_says_can_be_read_back_for_counting()
    {
        Assert.Equal(("ok", "none"), MakePaymentAnswer.Read(MakePaymentAnswer.Ok(Id)));
        Assert.Equal(("fail", "89"), MakePaymentAnswer.Read(MakePaymentAnswer.Fail(Id, VippsErrorId.Of(DeclineReason.InsufficientFunds), errorIdAsString: false)));
        Assert.Equal(("fail", "93"), MakePaymentAnswer.Read(MakePaymentAnswer.Fail(Id, VippsErrorId.StatusFromVipps("\"status\":\"OK\""), errorIdAsString: true)));
    }
}
