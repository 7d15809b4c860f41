using PspGateway.Domain.Payments;

namespace PspGateway.Tests.Domain;

public sealed class PaymentMovesTests
{
    // Written by hand from what each state means, not from the code's table. "-" is illegal.
    private const string Expected = """
        from        Initiate   Accept       AskStepUp  Approve   Deliver     Decline   Overrule  Abort    Expire   Terminate   Withdraw
        Created     Initiated  Authorising  -          -         -           Declined  -         Aborted  Expired  Terminated  -
        Initiated   -          Authorising  -          -         -           Declined  -         Aborted  Expired  Terminated  -
        Authorising -          -            StepUp     Approved  -           Declined  -         Aborted  Expired  Terminated  -
        StepUp      -          Authorising  -          -         -           Declined  -         Aborted  Expired  Terminated  -
        Approved    -          -            -          -         Authorised  -         Declined  -        -        -           Withdrawn
        Authorised  -          -            -          -         -           -         -         -        -        -           Withdrawn
        Declined    -          -            -          -         -           -         -         -        -        -           -
        Aborted     -          -            -          -         -           -         -         -        -        -           -
        Expired     -          -            -          -         -           -         -         -        -        -           -
        Terminated  -          -            -          -         -           -         -         -        -        -           -
        Withdrawn   -          -            -          -         -           -         -         -        -        -           -
        """;

    private static readonly Dictionary<(PaymentState From, PaymentMove Move), PaymentState?> Table = Read();

    public static TheoryData<PaymentState, PaymentMove> Pairs()
    {
        var pairs = new TheoryData<PaymentState, PaymentMove>();
        foreach (var from in Enum.GetValues<PaymentState>())
        {
            foreach (var move in Enum.GetValues<PaymentMove>())
            {
                pairs.Add(from, move);
            }
        }

        return pairs;
    }

    [Theory]
    [MemberData(nameof(Pairs))]
    public void Each_move_leads_from_each_state_where_the_table_says(PaymentState from, PaymentMove move) =>
        Assert.Equal(Table[(from, move)], PaymentMoves.Next(from, move));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void What_the_hot_writes_take_from_the_table_is_the_same_table(PaymentState from, PaymentMove move)
    {
        Assert.Equal(Table[(from, move)] is not null, PaymentMoves.Sources(move).Contains(from));
        Assert.True(Table[(from, move)] is null || Table[(from, move)] == PaymentMoves.Target(move));
    }

    [Theory]
    [InlineData(PaymentState.Created, false)]
    [InlineData(PaymentState.Initiated, false)]
    [InlineData(PaymentState.Authorising, false)]
    [InlineData(PaymentState.StepUp, false)]
    [InlineData(PaymentState.Approved, false)]
    [InlineData(PaymentState.Authorised, false)]
    [InlineData(PaymentState.Declined, true)]
    [InlineData(PaymentState.Aborted, true)]
    [InlineData(PaymentState.Expired, true)]
    [InlineData(PaymentState.Terminated, true)]
    [InlineData(PaymentState.Withdrawn, true)]
    public void A_state_is_final_when_nothing_leads_on(PaymentState state, bool final) => Assert.Equal(final, PaymentMoves.IsFinal(state));

    [Theory]
    [MemberData(nameof(Pairs))]
    public void A_payment_moves_along_the_table_and_refuses_the_rest(PaymentState from, PaymentMove move)
    {
        var payment = Reach(from);
        var lines = payment.Events.Count;

        if (Table[(from, move)] is { } to)
        {
            payment.Move(move, PaymentEventName.Approved, APayment.At);
            Assert.Equal(to, payment.State);
            Assert.Equal(lines + 1, payment.Events.Count);
            return;
        }

        var exception = Assert.Throws<IllegalMoveException>(() => payment.Move(move, PaymentEventName.Approved, APayment.At));
        Assert.Contains(APayment.Id.ToString("N"), exception.Message, StringComparison.Ordinal);
        Assert.Contains($"{from}", exception.Message, StringComparison.Ordinal);
        Assert.Contains($"{move}", exception.Message, StringComparison.Ordinal);
        Assert.Equal(from, payment.State);
        Assert.Equal(lines, payment.Events.Count);
    }

    private static Payment Reach(PaymentState state)
    {
        var payment = APayment.Created();
        PaymentMove[] way = state switch
        {
            PaymentState.Created => [],
            PaymentState.Initiated => [PaymentMove.Initiate],
            PaymentState.Authorising => [PaymentMove.Accept],
            PaymentState.StepUp => [PaymentMove.Accept, PaymentMove.AskStepUp],
            PaymentState.Approved => [PaymentMove.Accept, PaymentMove.Approve],
            PaymentState.Authorised => [PaymentMove.Accept, PaymentMove.Approve, PaymentMove.Deliver],
            PaymentState.Declined => [PaymentMove.Accept, PaymentMove.Decline],
            PaymentState.Aborted => [PaymentMove.Abort],
            PaymentState.Expired => [PaymentMove.Expire],
            PaymentState.Terminated => [PaymentMove.Terminate],
            PaymentState.Withdrawn => [PaymentMove.Accept, PaymentMove.Approve, PaymentMove.Withdraw],
            _ => throw new ArgumentOutOfRangeException(nameof(state), state, "The test knows no way there."),
        };
        foreach (var move in way)
        {
            payment.Move(move, PaymentEventName.Initiated, APayment.At);
        }

        Assert.Equal(state, payment.State);
        return payment;
    }

    private static Dictionary<(PaymentState, PaymentMove), PaymentState?> Read()
    {
        var rows = Expected.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries)).ToList();
        return rows.Skip(1)
            .SelectMany(row => row.Skip(1).Zip(rows[0].Skip(1), (to, move) => (From: Enum.Parse<PaymentState>(row[0]), Move: Enum.Parse<PaymentMove>(move), To: to)))
            .ToDictionary(cell => (cell.From, cell.Move), cell => cell.To == "-" ? (PaymentState?)null : Enum.Parse<PaymentState>(cell.To));
    }
}
