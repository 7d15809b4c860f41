namespace PspGateway.Domain.Payments;

/// <summary>The amounts of a payment, in minor units. Invariant I4: captured + cancelled never exceed authorised, refunded never exceeds captured.</summary>
public readonly record struct Balance(long AuthorisedMinor, long CapturedMinor, long CancelledMinor, long RefundedMinor)
{
    public long CapturableMinor => checked(AuthorisedMinor - CapturedMinor - CancelledMinor);

    public long RefundableMinor => checked(CapturedMinor - RefundedMinor);

    public bool Holds => CapturedMinor >= 0 && CancelledMinor >= 0 && RefundedMinor >= 0 && CapturableMinor >= 0 && RefundableMinor >= 0;
}
