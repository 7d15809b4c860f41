using System.Text.Json.Nodes;

namespace PspGateway.IntegrationTests.World;

/// <summary>What Vipps and the acquirer believe of one payment.</summary>
public sealed class Books(JsonObject books)
{
    public JsonNode Vipps => books["vipps"]!["payments"]!.AsArray().Single()!;

    public string VippsState => Vipps["state"]!.GetValue<string>();

    public IReadOnlyList<JsonNode> Authorisations => [.. books["acquirer"]!["authorisations"]!.AsArray().Select(a => a!)];

    /// <summary>Authorisations that hold money now.</summary>
    public int Live => Authorisations.Count(a => a["live"]!.GetValue<bool>());

    /// <summary>Requests to authorise that reached the acquirer, replays of one key among them.</summary>
    public IReadOnlyList<JsonNode> AuthoriseCalls => [.. books["acquirer"]!["calls"]!.AsArray().Where(c => c!["path"]!.GetValue<string>() == "/payments").Select(c => c!)];

    public IReadOnlyList<JsonNode> CancelCalls => [.. books["acquirer"]!["calls"]!.AsArray().Where(c => c!["path"]!.GetValue<string>().EndsWith("cancels", StringComparison.Ordinal)).Select(c => c!)];

    /// <summary>What the acquirer tells of it, sent or held.</summary>
    public IReadOnlyList<JsonNode> Notifications => [.. books["acquirer"]!["notifications"]!.AsArray().Select(n => n!)];

    /// <summary>Captures, refunds and cancels that reached the acquirer, replays of one key among them.</summary>
    public IReadOnlyList<JsonNode> ModificationCalls => [.. books["acquirer"]!["calls"]!.AsArray().Where(c => c!["path"]!.GetValue<string>().Split('/').Length == 4).Select(c => c!)];

    /// <summary>Authorised, captured, cancelled and refunded on the acquirer's books, over all authorisations.</summary>
    public (long Authorised, long Captured, long Cancelled, long Refunded) AtAcquirer => (Sum("authorised"), Sum("captured"), Sum("cancelled"), Sum("refunded"));

    /// <summary>The same by what Vipps was told.</summary>
    public (long Authorised, long Captured, long Cancelled, long Refunded) AtVipps => (Reported("reserved"), Reported("captured"), Reported("cancelled"), Reported("refunded"));

    /// <summary>Requests that the acquirer refused because they asked for more than there was, or for the impossible.</summary>
    public int RefusedAtAcquirer => Authorisations.Sum(a => a["history"]!.AsArray().Count(h => h!["what"]!.GetValue<string>().EndsWith("refused", StringComparison.Ordinal)));

    /// <summary>What Vipps was told, in the order in which it came: CAPTURED 100.</summary>
    public IReadOnlyList<string> Reports => [.. Vipps["history"]!.AsArray().Where(h => h!["what"]!.GetValue<string>().StartsWith("reported ", StringComparison.Ordinal)).Select(h => $"{h!["what"]!.GetValue<string>()["reported ".Length..]} {h["amount"]}")];

    private long Sum(string what) => Authorisations.Sum(a => a[what]!.GetValue<long>());

    public long Reported(string status) => Vipps["reported"]?[status]?["amount"]?.GetValue<long>() ?? 0;

    public int ReportedTimes(string status) => Vipps["reported"]?[status]?["count"]?.GetValue<int>() ?? 0;
}
