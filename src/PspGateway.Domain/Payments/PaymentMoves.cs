using static PspGateway.Domain.Payments.PaymentMove;
using static PspGateway.Domain.Payments.PaymentState;

namespace PspGateway.Domain.Payments;

/// <summary>
/// The one table of legal moves. Code that loads a payment asks <see cref="Next"/>; the hot writes, which move rows by SQL, take
/// <see cref="Sources"/> and <see cref="Target"/> from here as parameters, so that no second table exists.
/// </summary>
public static class PaymentMoves
{
    private static readonly Dictionary<PaymentMove, (PaymentState[] From, PaymentState To)> Table = new()
    {
        [Initiate] = ([Created], Initiated),
        [Accept] = ([Created, Initiated, StepUp], Authorising),
        [AskStepUp] = ([Authorising], StepUp),
        [Approve] = ([Authorising], Approved),
        [Deliver] = ([Approved], Authorised),
        [Decline] = ([Created, Initiated, Authorising, StepUp], Declined),
        [Overrule] = ([Approved], Declined),
        [Abort] = ([Created, Initiated, Authorising, StepUp], Aborted),
        [Expire] = ([Created, Initiated, Authorising, StepUp], Expired),
        [Terminate] = ([Created, Initiated, Authorising, StepUp], Terminated),
        [Withdraw] = ([Approved, Authorised], Withdrawn),
    };

    /// <summary>The state the move leads to, or null where the move is not legal.</summary>
    public static PaymentState? Next(PaymentState from, PaymentMove move) => Table[move].From.Contains(from) ? Table[move].To : null;

    public static IReadOnlyList<PaymentState> Sources(PaymentMove move) => Table[move].From;

    public static PaymentState Target(PaymentMove move) => Table[move].To;

    /// <summary>True when no move leads on: nothing leaves a final state (invariant I10).</summary>
    public static bool IsFinal(PaymentState state) => Table.Values.All(row => !row.From.Contains(state));
}
