using System.Text.Json;
using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Pages;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator.Board;

/// <summary>The four parties above their lanes, each with what it believes now.</summary>
internal sealed class BoardHeads(VippsBook vipps, AcquirerBook acquirer)
{
    public Markup Of(Conversation conversation)
    {
        var exchanges = conversation.Exchanges;
        var shop = exchanges.LastOrDefault(exchange => exchange.From == Party.Shop && exchange.Got?.Text("state") is not null)?.Got;
        var id = conversation.PspTransactionId;
        var atVipps = id is null ? null : vipps.Find(id)?.State.ToString();
        return Markup.Of($"""
            <ol>{Head("Shop", "the merchant", shop?.Text("state") ?? "order placed", "")}{Head("PspGateway", "this product", Answered(exchanges), "us")}{Head("Vipps", "has the cards", atVipps ?? "–", "")}{Head("Acquirer", "asks the bank", AtAcquirer(id), "")}</ol>
            <p class="said">{Said(exchanges, shop)}</p>
            """);
    }

    private static Markup Head(string name, string role, string state, string look) =>
        Markup.Of($"<li class=\"{look}\"><strong>{name}</strong><span>{role}</span><br><b>{state.Replace("_", " ", StringComparison.Ordinal)}</b></li>");

    private static string Answered(IReadOnlyList<Exchange> exchanges) =>
        exchanges.LastOrDefault(exchange => exchange.From == Party.Vipps) is not { } call ? "waits"
        : call.Answer is null ? "deciding …"
        : call.Got?.Member("paymentInfo")?.Text("status")?.Replace('_', ' ') ?? "answered";

    private string AtAcquirer(string? id)
    {
        var authorisations = id is null ? [] : acquirer.View(id);
        return authorisations switch
        {
            [] => "not asked",
            [.., var last] => last.Live ? $"holds {Markup.Kroner(last.Amount - last.Cancelled)}" : last.Status,
        };
    }

    private static string Said(IReadOnlyList<Exchange> exchanges, JsonElement? shop)
    {
        var call = exchanges.LastOrDefault(exchange => exchange.From == Party.Vipps);
        var captured = shop?.Member("aggregate")?.Member("capturedAmount") is { } amount ? Conversation.Minor(amount) : 0;
        return call switch
        {
            null => "The customer has not decided yet.",
            { Answer: null } => "The customer has decided; the gateway asks the acquirer while Vipps waits.",
            { Answer: { Status: 0 } } => "Vipps got no answer.",
            { Answer: { } answer } when call.Got?.Member("paymentInfo")?.Text("status") == "SOFT_DECLINE" =>
                $"Vipps had its answer in {(long)answer.Took.TotalMilliseconds} ms. Now the customer goes to the bank and back, by the gateway's 3-D Secure page.",
            { Answer: { } answer } => $"Vipps had its answer in {(long)answer.Took.TotalMilliseconds} ms; it waits 15 s at most."
                + (captured > 0 ? $" The shop has captured {Markup.Kroner(captured)}." : ""),
        };
    }
}
