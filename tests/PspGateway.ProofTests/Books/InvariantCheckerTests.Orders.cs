namespace PspGateway.ProofTests.Books;

/// <summary>Captures, refunds and cancels.</summary>
public sealed partial class InvariantCheckerTests
{
    [Fact]
    public void A_payment_that_was_captured_refunded_and_cancelled_has_no_breach()
    {
        Captured(300, "reported CAPTURED");
        Acquirer("REFUND", 100);
        Vipps("reported REFUNDED", 100);
        Acquirer("CANCELLATION", 200);
        Vipps("reported CANCELLED", 200);

        Assert.Empty(JudgeOrders(ARow("Authorised") with { Captured = 300, Cancelled = 200, Refunded = 100 }, An("capture", 300), An("refund", 100), An("cancel", null)));
    }

    [Fact]
    public void A_capture_that_the_merchant_was_promised_and_nobody_did_breaches_I6()
    {
        Captured(300, "reported CAPTURED");

        AssertOnly("I6", JudgeOrders(ARow("Authorised") with { Captured = 300 }, An("capture", 300), An("capture", 100)));
    }

    [Fact]
    public void Another_answer_to_the_same_capture_breaches_I9()
    {
        Captured(300, "reported CAPTURED");

        AssertOnly("I9", JudgeOrders(ARow("Authorised") with { Captured = 300 }, An("capture", 300), An("capture", 300) with { Body = "other" }, An("capture", 300) with { Key = "refused", Status = 409 }));
    }

    [Theory]
    [InlineData("reported RESERVED")]
    [InlineData("reported CAPTURED", "reported CAPTURED")]
    public void A_capture_that_Vipps_hears_of_never_or_twice_breaches_I5(params string[] told)
    {
        Captured(300, told);

        Assert.Contains(JudgeOrders(ARow("Authorised") with { Captured = 300 }, An("capture", 300)), b => b.Rule == "I5");
    }

    [Fact]
    public void A_capture_that_was_undone_and_is_kept_in_our_books_breaches_I4()
    {
        Captured(300, "reported CAPTURED");
        Acquirer("CAPTURE_FAILED", 300);
        Vipps("reported CAPTURED FAILED", 300);

        AssertOnly("I4", JudgeOrders(ARow("Authorised") with { Captured = 300 }, An("capture", 300) with { MayFail = true }));
    }

    [Fact]
    public void A_capture_that_the_acquirer_had_to_refuse_breaches_I4()
    {
        Captured(300, "reported CAPTURED");
        Acquirer("CAPTURE refused", 300);

        AssertOnly("I4", Judge(ARow("Authorised") with { Captured = 300 }));
    }

    private void Captured(long amount, params string[] told)
    {
        Approved();
        Vipps("RESERVED");
        Vipps("reported RESERVED");
        Acquirer("CAPTURE", amount);
        foreach (var report in told.Where(t => t != "reported RESERVED"))
        {
            Vipps(report, amount);
        }
    }

    private static Order An(string what, long? amount) => new(Id, "order", what, amount, $"{what} {amount}", 200, "body");

    private IReadOnlyList<Breach> JudgeOrders(Row row, params Order[] orders)
    {
        _books.Insert(0, new BookLine(0, Start, "vipps", Id, null, "INITIATED", 500, null));
        return InvariantChecker.Check(FactsOf([row]) with { Orders = orders });
    }
}
