using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;

namespace PspGateway.Tests.Domain;

public sealed class ModificationRulesTests
{
    private static readonly Balance Fresh = new(10_000, 0, 0, 0);

    [Theory]
    [InlineData(PaymentState.Created)]
    [InlineData(PaymentState.Approved)]
    [InlineData(PaymentState.Terminated)]
    [InlineData(PaymentState.Withdrawn)]
    public void Nothing_is_moved_of_a_payment_that_is_not_authorised(PaymentState state)
    {
        foreach (var kind in (OperationKind[])[OperationKind.Capture, OperationKind.Cancel, OperationKind.Refund])
        {
            Assert.Equal(ModificationRefusal.WrongState, ModificationRules.Refuse(kind, 1, state, Fresh, default, capturesInParts: true));
        }
    }

    [Theory]
    [InlineData(10_000, null)]
    [InlineData(10_001, ModificationRefusal.TooMuch)]
    [InlineData(int.MaxValue, ModificationRefusal.TooMuch)]
    [InlineData(long.MaxValue, ModificationRefusal.TooMuch)]
    public void A_capture_takes_what_is_left_and_not_more(long amount, ModificationRefusal? refusal) =>
        Assert.Equal(refusal, Refuse(OperationKind.Capture, amount, Fresh, default));

    [Fact]
    public void A_refund_takes_what_is_known_to_be_captured_and_waits_for_nothing()
    {
        var balance = new Balance(10_000, 8_000, 0, 1_000);
        var earlier = new EarlierModifications(3, 2, OpenCaptureMinor: 5_000, OpenRefundMinor: 0);

        Assert.Null(Refuse(OperationKind.Refund, 2_000, balance, earlier));
        Assert.Equal(ModificationRefusal.Unresolved, Refuse(OperationKind.Refund, 2_001, balance, earlier));
        Assert.Equal(ModificationRefusal.Unresolved, Refuse(OperationKind.Refund, 7_000, balance, earlier));
        Assert.Equal(ModificationRefusal.TooMuch, Refuse(OperationKind.Refund, 7_001, balance, earlier));
    }

    [Fact]
    public void What_an_open_refund_holds_may_come_back_so_that_more_is_unresolved_and_not_too_much()
    {
        var balance = new Balance(10_000, 8_000, 0, 3_000);
        var earlier = new EarlierModifications(2, 1, OpenCaptureMinor: 0, OpenRefundMinor: 3_000);

        Assert.Null(Refuse(OperationKind.Refund, 5_000, balance, earlier));
        Assert.Equal(ModificationRefusal.Unresolved, Refuse(OperationKind.Refund, 8_000, balance, earlier));
        Assert.Equal(ModificationRefusal.TooMuch, Refuse(OperationKind.Refund, 8_001, balance, earlier));
    }

    [Fact]
    public void A_cancel_needs_something_left_and_nothing_unresolved()
    {
        Assert.Null(Refuse(OperationKind.Cancel, 10_000, Fresh, default));
        Assert.Equal(ModificationRefusal.NothingLeft, Refuse(OperationKind.Cancel, 0, new Balance(10_000, 4_000, 6_000, 0), default));
        Assert.Equal(ModificationRefusal.Unresolved, Refuse(OperationKind.Cancel, 5_000, new Balance(10_000, 5_000, 0, 0), new EarlierModifications(1, 1, 5_000, 0)));
        Assert.Equal(ModificationRefusal.Unresolved, Refuse(OperationKind.Cancel, 5_000, new Balance(10_000, 5_000, 0, 100), new EarlierModifications(2, 1, 0, 100)));
    }

    [Fact]
    public void An_account_that_captures_once_does_so_once()
    {
        var after = new Balance(10_000, 100, 0, 0);

        Assert.Null(ModificationRules.Refuse(OperationKind.Capture, 100, PaymentState.Authorised, Fresh, default, capturesInParts: false));
        Assert.Equal(ModificationRefusal.CapturedBefore, ModificationRules.Refuse(OperationKind.Capture, 100, PaymentState.Authorised, after, new EarlierModifications(1, 1, 0, 0), capturesInParts: false));

        // One that failed does not count.
        Assert.Null(ModificationRules.Refuse(OperationKind.Capture, 100, PaymentState.Authorised, Fresh, new EarlierModifications(1, 0, 0, 0), capturesInParts: false));
    }

    [Fact]
    public void A_payment_has_only_so_many_operations_and_can_always_be_let_go()
    {
        Assert.Equal(ModificationRefusal.TooMany, Refuse(OperationKind.Capture, 1, Fresh, new EarlierModifications(ModificationRules.Most, 1, 0, 0)));
        Assert.Null(Refuse(OperationKind.Cancel, 1, Fresh, new EarlierModifications(ModificationRules.Most * 3, 0, 0, 0)));
    }

    [Fact]
    public void A_reservation_beyond_what_there_is_throws()
    {
        var payment = APayment.Created();

        Assert.Throws<InvalidOperationException>(() => payment.Reserve(OperationKind.Capture, Money.Nok(1)));
    }

    private static ModificationRefusal? Refuse(OperationKind kind, long amount, Balance balance, EarlierModifications earlier) =>
        ModificationRules.Refuse(kind, amount, PaymentState.Authorised, balance, earlier, capturesInParts: true);
}
