namespace PspGateway.Domain.Payments;

/// <summary>What history records. Merchants see the ones that ePayment knows (CREATED, AUTHORIZED …); the others are for operators.</summary>
public enum PaymentEventName
{
    Created,
    Initiated,
    TokenAccepted,
    StepUpAsked,
    Approved,
    Authorised,
    Declined,
    Overruled,
    Aborted,
    Expired,
    Terminated,
    Withdrawn,
    Captured,
    Cancelled,
    Refunded,
    Reversed,
    ReversalParked,

    /// <summary>The authorisation is about to end at the acquirer, and some of it is held still.</summary>
    AuthorisationEnding,
}

/// <summary>One line of a payment's append-only history.</summary>
public sealed class PaymentEvent
{
    private PaymentEvent()
    {
    }

    public required Guid Id { get; init; }

    public required Guid PaymentId { get; init; }

    public required PaymentEventName Name { get; init; }

    public required long AmountMinor { get; init; }

    public required bool Success { get; init; }

    /// <summary>A reason in our words, never the acquirer's raw text.</summary>
    public string? Reason { get; init; }

    /// <summary>The merchant's Idempotency-Key of the request that caused it, where there is one.</summary>
    public string? IdempotencyKey { get; init; }

    public required DateTimeOffset At { get; init; }

    public static PaymentEvent Record(
        Guid paymentId, PaymentEventName name, Money amount, DateTimeOffset at, bool success = true, string? reason = null, string? idempotencyKey = null) => new()
        {
            Id = Guid.CreateVersion7(at),
            PaymentId = paymentId,
            Name = name,
            AmountMinor = amount.MinorUnits,
            Success = success,
            Reason = reason,
            IdempotencyKey = idempotencyKey,
            At = at,
        };
}
