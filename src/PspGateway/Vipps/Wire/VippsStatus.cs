using PspGateway.Storage.Rows;

namespace PspGateway.Vipps.Wire;

/// <summary>Vipps' words for what can happen to a payment's money.</summary>
internal static class VippsStatus
{
    public const string Reserved = "RESERVED";
    public const string Captured = "CAPTURED";
    public const string Cancelled = "CANCELLED";
    public const string Refunded = "REFUNDED";

    public static string Of(ReportedEffect effect) => effect switch
    {
        ReportedEffect.Authorised => Reserved,
        ReportedEffect.Captured => Captured,
        ReportedEffect.Cancelled => Cancelled,
        ReportedEffect.Refunded => Refunded,
        _ => throw new ArgumentOutOfRangeException(nameof(effect), effect, "Vipps has no word for this."),
    };
}
