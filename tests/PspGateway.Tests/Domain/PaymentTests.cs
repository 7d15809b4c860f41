using PspGateway.Domain;
using PspGateway.Domain.Payments;

namespace PspGateway.Tests.Domain;

public sealed class PaymentTests
{
    [Fact]
    public void A_payment_is_born_with_what_it_was_given_and_one_line_of_history()
    {
        var payment = APayment.Created();

        Assert.Equal(PaymentState.Created, payment.State);
        Assert.Equal("0199a3c4d5e67f8091a2b3c4d5e6f708", $"{payment.PspTransactionId}");
        Assert.Equal(Money.Nok(49_900), payment.Amount);
        Assert.Equal(new Balance(0, 0, 0, 0), payment.Balance);
        Assert.Equal(APayment.At + APayment.ExpireAfter, payment.ExpiresAt);
        Assert.Equal(("123456", "order-0001", "MerchantOne"), (payment.MerchantSerialNumber, payment.Reference, payment.AcquirerAccount));
        var line = Assert.Single(payment.Events);
        Assert.Equal((PaymentEventName.Created, 49_900, true, "key-1", APayment.At), (line.Name, line.AmountMinor, line.Success, line.IdempotencyKey, line.At));
        Assert.Equal(payment.Id, line.PaymentId);
    }

    [Fact]
    public void Every_line_of_history_has_its_own_id()
    {
        var payment = APayment.Authorising();
        payment.Move(PaymentMove.Approve, PaymentEventName.Approved, APayment.At);

        Assert.Equal(3, payment.Events.Select(e => e.Id).Distinct().Count());
    }

    [Fact]
    public void Inits_answer_moves_a_new_payment_on_and_starts_its_clock_anew()
    {
        var payment = APayment.Created();
        var at = APayment.At.AddSeconds(5);

        payment.StoreInitAnswer("https://vipps.example/go", at, APayment.ExpireAfter);

        Assert.Equal(PaymentState.Initiated, payment.State);
        Assert.Equal("https://vipps.example/go", payment.RedirectUrl);
        Assert.Equal(at + APayment.ExpireAfter, payment.ExpiresAt);
        Assert.Equal([PaymentEventName.Created, PaymentEventName.Initiated], payment.Events.Select(e => e.Name));
    }

    [Fact]
    public void Inits_answer_leaves_a_payment_alone_whose_token_was_faster()
    {
        var payment = APayment.Authorising();

        payment.StoreInitAnswer("https://vipps.example/go", APayment.At.AddSeconds(5), APayment.ExpireAfter);

        Assert.Equal(PaymentState.Authorising, payment.State);
        Assert.Equal("https://vipps.example/go", payment.RedirectUrl);
        Assert.Equal(APayment.At + APayment.ExpireAfter, payment.ExpiresAt);
        Assert.Equal([PaymentEventName.Created, PaymentEventName.TokenAccepted], payment.Events.Select(e => e.Name));
    }

    [Fact]
    public void A_move_records_how_it_went_and_why()
    {
        var payment = APayment.Authorising();

        payment.Move(PaymentMove.Decline, PaymentEventName.Declined, APayment.At.AddSeconds(2), success: false, reason: "InsufficientFunds");

        var line = payment.Events[^1];
        Assert.Equal((PaymentEventName.Declined, false, "InsufficientFunds"), (line.Name, line.Success, line.Reason));
        Assert.Equal(APayment.At.AddSeconds(2), line.At);
    }
}
