using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;

namespace PspGateway.Payments;

/// <summary>A customer's no, or a FAIL of ours, that was answered and could not be stored while the database was away. There is no secret in it.</summary>
/// <param name="TokenHash">Of the token that it came with, to be compared once the payment can be read.</param>
/// <param name="SaidAt">A timestamp of this machine's monotonic clock.</param>
internal sealed record LateRefusal(Guid PaymentId, byte[] TokenHash, PaymentMove Move, PaymentEventName Name, string Reason, long SaidAt)
{
    /// <summary>Who said it: a process, or an operation of it. When it was said decides what it undoes, so that none stands for another's.</summary>
    public Guid By { get; init; }

    public RefusalKey Key => new(PaymentId, Move, By);

    /// <summary>What an approval is answered while it waits to be stored: the same FAIL again, where it was one (invariant I9).</summary>
    public DeclineReason Told => ReasonOf(Reason) ?? DeclineReason.TooLate;

    /// <summary>Said by another process, which may store it too.</summary>
    public bool TakenOver { get; init; }

    /// <param name="reason">As history has it: one of ours, or a text for what Vipps told or what was invalid.</param>
    public static DeclineReason? ReasonOf(string? reason) => Enum.TryParse<DeclineReason>(reason, out var ours) ? ours : null;
}

/// <param name="Move">Abort, Expire or Decline.</param>
internal readonly record struct RefusalKey(Guid PaymentId, PaymentMove Move, Guid By);
