using System.Text.RegularExpressions;

namespace PspGateway.Simulator.Vipps;

/// <summary>POST integration-test/…/approve: the phone's approval without a phone.</summary>
internal sealed partial class ForceApproval(VippsBook book, Approvals approvals)
{
    public Answer Handle(string pspTransactionId, string msn, byte[] body)
    {
        var sent = Wire.ParseObject(body);
        var payment = book.Find(pspTransactionId);
        var wrong = payment is null || payment.MerchantSerialNumber != msn ? "no such payment"
            : sent is null || !PhoneNumber().IsMatch(sent.Value.Text("customerPhoneNumber") ?? "") ? "customerPhoneNumber is not valid"
            : sent.Value.Text("token") != payment.LandingToken ? "token is not valid"
            : !payment.AwaitsCustomer ? "the payment does not await approval"
            : !approvals.TryApproveLater(payment) ? "too many approvals are under way"
            : null;
        return wrong is null ? Answer.Empty(StatusCodes.Status200OK)
            : VippsErrors.One(StatusCodes.Status400BadRequest, "51", "Invalid request: " + wrong);
    }

    [GeneratedRegex("^[0-9]{8}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PhoneNumber();
}
