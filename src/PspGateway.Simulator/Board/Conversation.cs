using System.Text.Json;
using System.Text.RegularExpressions;

namespace PspGateway.Simulator.Board;

/// <summary>All exchanges of one payment, by time.</summary>
internal sealed class Conversation(string reference)
{
    private readonly List<Exchange> _exchanges = [];

    /// <summary>The merchant's name of the payment.</summary>
    public string Reference => reference;

    public string? PspTransactionId { get; set; }

    public IReadOnlyList<Exchange> Exchanges => _exchanges;

    public long Amount { get; private set; }

    /// <summary>Looks that showed nothing new are left out.</summary>
    public void Add(Exchange exchange)
    {
        Amount = Math.Max(Amount, exchange.Sent?.Member("amount") is { } amount ? Minor(amount) : 0);
        if (exchange.Method == "GET" && (exchange.Answer is not { } answer
            || _exchanges.FindLast(seen => seen.Method == "GET" && seen.Path == exchange.Path) is { Answer: { } before } && before.Status == answer.Status && before.Body.AsSpan().SequenceEqual(answer.Body)))
        {
            return;
        }

        _exchanges.Add(exchange);
    }

    public static long Minor(JsonElement amount) =>
        (amount.ValueKind == JsonValueKind.Number ? amount : amount.Member("value") ?? default) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var minor) ? minor : 0;
}

/// <summary>Tells which exchange belongs to which payment, by the names that a payment has at each party.</summary>
internal static partial class Conversations
{
    private const int IdLength = 32;

    /// <summary>The newest payment last.</summary>
    public static IReadOnlyList<Conversation> Of(IReadOnlyList<Exchange> exchanges)
    {
        var byName = new Dictionary<string, Conversation>(StringComparer.Ordinal);
        var all = new List<Conversation>();
        foreach (var exchange in exchanges)
        {
            var names = Names(exchange).ToList();
            var found = names.Select(name => byName.GetValueOrDefault(name)).OfType<Conversation>().Distinct().ToList();
            if (found.Count == 0 && BeginningOf(exchange) is { } reference)
            {
                found.Add(new Conversation(reference));
                all.Add(found[0]);
            }

            foreach (var conversation in found)
            {
                conversation.Add(exchange);
            }

            // A batch is about many: its names are known already, and belong to one each.
            if (found is [var one])
            {
                one.PspTransactionId ??= exchange.Path.EndsWith("/init", StringComparison.Ordinal) ? exchange.Sent?.Text("pspTransactionId") : null;
                names.ForEach(name => byName.TryAdd(name, one));
            }
        }

        return all;
    }

    private static string? BeginningOf(Exchange exchange) => exchange.Method != "POST" ? null
        : exchange.Path == "/epayment/v1/payments" ? exchange.Sent?.Text("reference")
        : exchange.Path.EndsWith("/psppayments/init", StringComparison.OrdinalIgnoreCase) ? exchange.Sent?.Text("merchantOrderId")
        : null;

    private static IEnumerable<string> Names(Exchange exchange)
    {
        var names = exchange.From switch
        {
            Party.Shop => [exchange.Sent?.Text("reference"), MerchantPath().Match(exchange.Path) is { Success: true } match ? match.Groups["reference"].Value : null],
            Party.Acquirer => OfNotifications(exchange),
            Party.Vipps => [Id(exchange.Sent?.Text("pspTransactionId"))],
            _ when exchange.To == Party.Vipps => OfVipps(exchange),
            _ => OfAcquirer(exchange),
        };
        return names.OfType<string>();
    }

    private static IEnumerable<string?> OfVipps(Exchange exchange) =>
    [
        exchange.Sent?.Text("merchantOrderId"),
        Id(exchange.Sent?.Text("pspTransactionId")),
        .. exchange.Path.Split('/').Select(part => part.Length == IdLength ? Id(part) : null),
        .. exchange.Sent?.Member("transactions") is { ValueKind: JsonValueKind.Array } reports ? reports.EnumerateArray().Select(report => Id(report.Text("pspTransactionId"))) : [],
    ];

    private static IEnumerable<string?> OfAcquirer(Exchange exchange) =>
    [
        Id(exchange.Sent?.Text("reference")),
        Id(exchange.Sent?.Text("paymentReference")),
        Id(exchange.Got?.Text("merchantReference")),
        exchange.Path.Split('/') is [_, _, _, "payments", var original, _] ? original : null,
        exchange.Path.EndsWith("/payments", StringComparison.Ordinal) ? exchange.Got?.Text("pspReference") : null,
    ];

    private static IEnumerable<string?> OfNotifications(Exchange exchange)
    {
        if (Item(exchange) is not { } item)
        {
            return [];
        }

        return [Id(item.Text("merchantReference")), item.Text("originalReference"), item.Text("pspReference")];
    }

    public static JsonElement? Item(Exchange exchange) =>
        exchange.Sent?.Member("notificationItems") is { ValueKind: JsonValueKind.Array } items && items.GetArrayLength() > 0
            ? items[0].Member("NotificationRequestItem") : null;

    // "{pspTransactionId}-{number}" at the acquirer.
    private static string? Id(string? text) => text is { Length: >= IdLength } ? text[..IdLength] : null;

    [GeneratedRegex("^/epayment/v1/(test/)?payments/(?<reference>[^/]+)", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex MerchantPath();
}
