namespace PspGateway.ProofTests.Books;

/// <summary>The judge is judged: a good run has no breach, and a breach of each rule is seen as one of that rule.</summary>
public sealed partial class InvariantCheckerTests
{
    private const string Id = "0123456789abcdef0123456789abcdef";
    private const string Ok = """{"paymentInfo":{"status":"OK"}}""";
    private const string Fail = """{"paymentInfo":{"status":"FAIL"}}""";
    private static readonly DateTimeOffset Start = DateTimeOffset.UnixEpoch;
    private readonly List<BookLine> _books = [];

    [Fact]
    public void A_payment_that_went_well_has_no_breach()
    {
        Approved();
        Vipps("RESERVED");
        Vipps("reported RESERVED");

        Assert.Empty(Judge(ARow("Authorised"), new Call(Id, "ACCEPTED", 200, Ok, 300) { MustSay = "OK" }, new Call(Id, "ACCEPTED", 200, Ok, 10) { Afterwards = true }));
    }

    [Fact]
    public void An_approval_that_came_late_and_was_undone_is_no_breach()
    {
        Vipps("FAILED");
        Approved();
        Acquirer("CANCELLATION", 500, seconds: 100);

        Assert.Empty(Judge(ARow("Declined"), new Call(Id, "ACCEPTED", 200, Fail, 11_300)));
    }

    [Fact]
    public void Two_live_approvals_breach_I1()
    {
        Approved();
        Acquirer("Authorised", 500, subject: "OTHER");
        Acquirer("CANCELLATION", 500, subject: "OTHER");
        Vipps("RESERVED");
        Vipps("reported RESERVED");

        AssertOnly("I1", Judge(ARow("Authorised")));
    }

    [Fact]
    public void An_approval_that_nobody_was_told_of_breaches_I2()
    {
        Approved();
        Vipps("FAILED");

        Assert.Contains(Judge(ARow("Declined")), b => b.Rule == "I2");
    }

    [Fact]
    public void A_reversal_after_two_minutes_breaches_I2()
    {
        Approved();
        Vipps("FAILED");
        Acquirer("CANCELLATION", 500, seconds: 122);

        AssertOnly("I2", Judge(ARow("Declined")));
    }

    [Fact]
    public void An_OK_that_was_undone_in_silence_breaches_I2()
    {
        Approved();
        Vipps("RESERVED");
        Acquirer("CANCELLATION", 500);

        Assert.Contains(Judge(ARow("Withdrawn", delivered: false)), b => b.Rule == "I2");
    }

    [Theory]
    [InlineData(400)]
    [InlineData(600)]
    public void An_OK_over_another_amount_breaches_I3(long amount)
    {
        Acquirer("Authorised", amount);
        Vipps("RESERVED");
        Vipps("reported RESERVED");

        Assert.Contains(Judge(ARow("Authorised")), b => b.Rule == "I3");
    }

    [Fact]
    public void An_OK_before_its_approval_breaches_I3()
    {
        Vipps("RESERVED");
        Approved();
        Vipps("reported RESERVED");

        Assert.Contains(Judge(ARow("Authorised")), b => b.Rule == "I3");
    }

    [Theory]
    [InlineData("Authorised", 500, 0.5, 0)]
    [InlineData("Authorised", 500, -1, 1)]
    [InlineData("Authorised", 0, 0.5, 1)]
    [InlineData("Withdrawn", 0, 0.5, 1)]
    public void An_OK_that_a_cancel_overtook_breaches_I3_unless_the_merchant_ordered_it_just_then(string state, long cancelled, double undoneAt, int breaches)
    {
        Approved();
        Acquirer("CANCELLATION", 500, undoneAt);
        Vipps("RESERVED");
        Vipps("reported RESERVED");
        Vipps("reported CANCELLED");

        Assert.Equal(breaches, Judge(ARow(state) with { Cancelled = cancelled }).Count(b => b.Rule == "I3"));
    }

    [Fact]
    public void An_OK_that_our_database_does_not_know_breaches_I3()
    {
        Approved();
        Vipps("RESERVED");
        Acquirer("CANCELLATION", 500);
        Vipps("reported CANCELLED");

        Assert.Contains(Judge(ARow("Declined", delivered: false)), b => b.Rule == "I3");
    }

    [Fact]
    public void More_captured_and_cancelled_than_authorised_breaches_I4()
    {
        Approved();
        Vipps("RESERVED");
        Vipps("reported RESERVED");
        Acquirer("CAPTURE", 300);
        Acquirer("CANCELLATION", 300);

        Assert.Contains(Judge(ARow("Authorised") with { Captured = 300, Cancelled = 300 }), b => b.Rule == "I4");
    }

    [Fact]
    public void Books_that_differ_from_ours_by_an_øre_breach_I4()
    {
        Approved();
        Vipps("RESERVED");
        Vipps("reported RESERVED");

        AssertOnly("I4", Judge(ARow("Authorised") with { Captured = 1 }));
    }

    [Fact]
    public void A_report_that_counts_twice_breaches_I5()
    {
        Approved();
        Vipps("RESERVED");
        Vipps("reported RESERVED");
        Vipps("reported RESERVED");

        AssertOnly("I5", Judge(ARow("Authorised")));
    }

    [Fact]
    public void A_report_that_is_missing_breaches_I5()
    {
        Approved();
        Vipps("RESERVED");

        AssertOnly("I5", Judge(ARow("Authorised")));
    }

    [Fact]
    public void Reports_in_the_wrong_order_breach_I5()
    {
        Approved();
        Vipps("RESERVED");
        Acquirer("CANCELLATION", 500);
        Vipps("reported CANCELLED");
        Vipps("reported RESERVED");

        AssertOnly("I5", Judge(ARow("Withdrawn")));
    }

    [Fact]
    public void Work_that_is_left_breaches_I6() => AssertOnly("I6", InvariantChecker.Check(FactsOf([]) with { Undecided = ["payment x is Approved"] }));

    [Fact]
    public void A_reversal_that_was_given_up_breaches_I6()
    {
        Vipps("FAILED");
        Approved();

        AssertOnly("I6", Judge(ARow("Declined") with { ParkedWhy = "LadderEndedWithoutProof" }));
    }

    [Fact]
    public void A_sealed_token_that_is_left_breaches_I8() => AssertOnly("I8", InvariantChecker.Check(FactsOf([]) with { SealedTokens = 1 }));

    [Fact]
    public void Other_bytes_for_the_same_call_breach_I9() =>
        AssertOnly("I9", Judge(ARow("Declined") with { AnswerBody = Fail }, new Call(Id, "ACCEPTED", 200, Fail + " ", 10) { Afterwards = true }));

    [Fact]
    public void A_second_key_for_one_cryptogram_breaches_I9()
    {
        Vipps("FAILED");
        Acquirer("call /payments", null, detail: "status 0, key a", subject: $"{Id}-1");
        Acquirer("call /payments", null, detail: "status 200, key b", subject: $"{Id}-1");

        AssertOnly("I9", Judge(ARow("Declined")));
    }

    [Theory]
    [InlineData(12_501, 200)]
    [InlineData(300, null)]
    [InlineData(300, 500)]
    public void A_late_or_missing_answer_or_one_that_is_none_breaches_I11(double elapsed, int? status) =>
        AssertOnly("I11", Judge(ARow("Declined"), new Call(Id, "ACCEPTED", status, status is null ? "" : Fail, elapsed)));

    [Fact]
    public void A_process_that_was_killed_owes_no_answer() =>
        Assert.Empty(Judge(ARow("Declined"), new Call(Id, "ACCEPTED", null, "", 300) { NoAnswerPromised = true }));

    [Fact]
    public void A_FAIL_where_the_acquirer_said_yes_in_time_is_an_untruth() =>
        AssertOnly("truth", Judge(ARow("Declined"), new Call(Id, "ACCEPTED", 200, Fail, 300) { MustSay = "OK" }));

    private static Row ARow(string state, bool? delivered = null) =>
        new(Id, state, 500, state == "Authorised" ? 500 : 0, 0, 0, 0, state is "Authorised" or "Withdrawn" ? "Ok" : "Fail", state is "Authorised" or "Withdrawn" ? Ok : Fail, delivered ?? state is "Authorised" or "Withdrawn", null);

    private static void AssertOnly(string rule, IReadOnlyList<Breach> breaches) => Assert.Equal([rule], breaches.Select(b => b.Rule).Distinct());

    private void Approved() => Acquirer("Authorised", 500);

    private void Acquirer(string what, long? amount, double seconds = 1, string subject = "PSPREFERENCE", string? detail = null) =>
        _books.Add(new BookLine(_books.Count + 1, Start.AddSeconds(seconds), "acquirer", subject, $"{Id}-1", what, amount, detail));

    private void Vipps(string what, long amount = 500) => _books.Add(new BookLine(_books.Count + 1, Start.AddSeconds(1), "vipps", Id, null, what, amount, null));

    private IReadOnlyList<Breach> Judge(Row row, params Call[] calls)
    {
        _books.Insert(0, new BookLine(0, Start, "vipps", Id, null, "INITIATED", 500, null));
        return InvariantChecker.Check(FactsOf([row], calls));
    }

    private Facts FactsOf(IReadOnlyList<Row> rows, params Call[] calls) => new() { Books = _books, Rows = rows, Calls = calls, AnswerBy = TimeSpan.FromSeconds(12) };
}
