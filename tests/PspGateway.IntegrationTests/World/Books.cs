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

    public long Reported(string status) => Vipps["reported"]?[status]?["amount"]?.GetValue<long>() ?? 0;

    public int ReportedTimes(string status) => Vipps["reported"]?[status]?["count"]?.GetValue<int>() ?? 0;
}
