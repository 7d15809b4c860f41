using PspGateway.Domain.Payments;

namespace PspGateway.Merchants.Webhooks;

/// <summary>The events a merchant may register for, and which of ours they are.</summary>
internal static class WebhookEvent
{
    /// <summary>Ours, beside ePayment's: who does not register for it never hears of it. The events of a payment cannot show it, since their names are a closed list.</summary>
    private const string Expiring = "EXPIRING";
    private static readonly string[] Names = ["CREATED", "AUTHORIZED", "ABORTED", "EXPIRED", "TERMINATED", "CANCELLED", "CAPTURED", "REFUNDED", Expiring];

    public static readonly IReadOnlyList<string> All = [.. Names.Select(ToType)];

    /// <summary>For example epayments.payment.captured.v1; null for what merchants do not see.</summary>
    public static string? TypeOf(PaymentEventName name) => WordOf(name) is { } word ? ToType(word) : null;

    /// <summary>For example CAPTURED; null for what merchants do not see.</summary>
    public static string? WordOf(PaymentEventName name) => name == PaymentEventName.AuthorisationEnding ? Expiring : ReadPayment.NameOf(name);

    /// <summary>History's names of registered events.</summary>
    public static IEnumerable<string> NamesOf(IReadOnlyList<string> types) => Enum.GetValues<PaymentEventName>().Where(name => TypeOf(name) is { } type && types.Contains(type, StringComparer.Ordinal)).Select(name => name.ToString());

    private static string ToType(string name) => $"epayments.payment.{name.ToLowerInvariant()}.v1";
}
