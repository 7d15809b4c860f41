namespace PspGateway.Vipps.Wire;

/// <summary>Vipps' words for what can happen to a payment's money.</summary>
internal static class VippsStatus
{
    public const string Reserved = "RESERVED";
    public const string Captured = "CAPTURED";
    public const string Cancelled = "CANCELLED";
    public const string Refunded = "REFUNDED";
}
