using PspGateway.Domain.Payments;

namespace PspGateway.Payments;

/// <summary>A customer's no, or a FAIL of ours, that was answered and could not be stored while the database was away.</summary>
/// <param name="TokenHash">Of the token that it came with, to be compared once the payment can be read.</param>
/// <param name="SaidAt">A timestamp of this process' clock.</param>
internal sealed record LateRefusal(Guid PaymentId, byte[] TokenHash, PaymentMove Move, PaymentEventName Name, string Reason, long SaidAt);
