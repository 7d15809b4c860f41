using PspGateway.Domain.Operations;

namespace PspGateway.Domain.Payments;

/// <summary>Why a capture, refund or cancel is not taken.</summary>
public enum ModificationRefusal
{
    /// <summary>The payment's state does not allow it.</summary>
    WrongState,

    /// <summary>More than is left to capture or to refund.</summary>
    TooMuch,

    /// <summary>A cancel, and nothing is left to cancel.</summary>
    NothingLeft,

    /// <summary>It needs an amount of which nobody knows yet what became of it (ENGINE 17).</summary>
    Unresolved,

    /// <summary>The account captures once only, and did.</summary>
    CapturedBefore,

    /// <summary>The payment has had as many operations as one may have.</summary>
    TooMany,

    /// <summary>A capture, and the authorisation is at its end at the acquirer.</summary>
    AuthorisationEnded,
}

/// <summary>What a payment's captures, refunds and cancels so far come to, read while its row is held.</summary>
/// <param name="Count">All of them.</param>
/// <param name="Captures">Captures that stand or may stand.</param>
/// <param name="OpenCaptureMinor">Captured by our books, and not known to be done.</param>
/// <param name="OpenRefundMinor">Refunded by our books, and not known to be done.</param>
public readonly record struct EarlierModifications(int Count, int Captures, long OpenCaptureMinor, long OpenRefundMinor);

/// <summary>
/// Which captures, refunds and cancels a payment takes. Its amounts count what is accepted, done or not, so that no number of requests at
/// once comes to more than there is (ENGINE 18).
/// </summary>
public static class ModificationRules
{
    /// <summary>One payment's, of all three kinds together; refunds may come to twice as many.</summary>
    public const int Most = 500;

    /// <summary>Null: it may be accepted.</summary>
    /// <param name="amountMinor">Positive. For a cancel: what is left, which is all it can be about.</param>
    /// <param name="capturesInParts">Whether the acquirer's account keeps the rest after a capture of a part.</param>
    public static ModificationRefusal? Refuse(OperationKind kind, long amountMinor, PaymentState state, Balance balance, EarlierModifications earlier, bool capturesInParts)
    {
        if (state != PaymentState.Authorised)
        {
            return ModificationRefusal.WrongState;
        }

        var refusal = kind switch
        {
            OperationKind.Capture => RefuseCapture(amountMinor, balance, earlier, capturesInParts),
            OperationKind.Cancel => RefuseCancel(balance, earlier),
            OperationKind.Refund => RefuseRefund(amountMinor, balance, earlier),
            _ => throw new ArgumentOutOfRangeException(nameof(kind), kind, "Not asked for by merchants."),
        };
        return refusal ?? (earlier.Count >= MostFor(kind) ? ModificationRefusal.TooMany : null);
    }

    /// <summary>However much was captured, it can be given back; and what is left can always be let go.</summary>
    private static int MostFor(OperationKind kind) => kind switch { OperationKind.Capture => Most, OperationKind.Refund => 2 * Most, _ => int.MaxValue };

    private static ModificationRefusal? RefuseCapture(long amountMinor, Balance balance, EarlierModifications earlier, bool inParts) =>
        !inParts && earlier.Captures > 0 ? ModificationRefusal.CapturedBefore
        : amountMinor > balance.CapturableMinor ? ModificationRefusal.TooMuch
        : null;

    private static ModificationRefusal? RefuseCancel(Balance balance, EarlierModifications earlier) =>
        balance.CapturableMinor == 0 ? ModificationRefusal.NothingLeft
        : earlier.OpenCaptureMinor > 0 || earlier.OpenRefundMinor > 0 ? ModificationRefusal.Unresolved
        : null;

    /// <summary>Only captures that are known to be done can be refunded; what an open refund holds may come back.</summary>
    private static ModificationRefusal? RefuseRefund(long amountMinor, Balance balance, EarlierModifications earlier) =>
        amountMinor > checked(balance.RefundableMinor + earlier.OpenRefundMinor) ? ModificationRefusal.TooMuch
        : amountMinor > checked(balance.RefundableMinor - earlier.OpenCaptureMinor) ? ModificationRefusal.Unresolved
        : null;
}
