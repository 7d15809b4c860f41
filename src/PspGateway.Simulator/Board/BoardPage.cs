using PspGateway.Simulator.Pages;

namespace PspGateway.Simulator.Board;

/// <summary>One payment as it walks through shop, gateway, Vipps and acquirer. Complete without script, which spares it the refreshes.</summary>
internal sealed class BoardPage(ExchangeLog log, BoardHeads heads)
{
    private const int MostRows = 26;
    private const int MostPayments = 8;
    private const int RefreshSeconds = 2;

    private const string Script = """
        const rows=document.getElementById("rows"),live=document.querySelector(".live");
        const put=html=>{const t=document.createElement("template");t.innerHTML=html.trim();const n=t.content.firstChild,o=document.getElementById(n.id);
        if(o){n.firstChild.open=o.firstChild.open;o.replaceWith(n);if(n.firstChild.open)unfold(n.firstChild)}else{n.className="new";rows.append(n)}};
        const unfold=async d=>{const a=d.querySelector(".wire>a");if(a){const r=await fetch(a.href+"?part=1");if(r.ok)a.parentNode.innerHTML=await r.text()}};
        document.addEventListener("toggle",e=>e.target.open&&unfold(e.target),true);
        const source=new EventSource(document.body.dataset.live);
        source.onopen=()=>{live.classList.add("on");live.lastChild.data="live"};
        source.onerror=()=>{live.classList.remove("on");live.lastChild.data="connecting again"};
        source.addEventListener("row",e=>put(e.data));
        source.addEventListener("heads",e=>document.getElementById("heads").innerHTML=e.data);
        source.addEventListener("again",()=>{source.close();location.reload()});
        """;

    /// <summary>The newest payment, or the one asked for.</summary>
    public static Conversation? Find(IReadOnlyList<Conversation> all, string? reference) =>
        reference is null ? (all.Count == 0 ? null : all[^1]) : all.LastOrDefault(one => one.Reference == reference || one.PspTransactionId == reference);

    /// <summary>What a page shows, in short: whether it is still true needs no more.</summary>
    public static string TokenOf(Conversation? shown) => shown is null ? "none"
        : $"{shown.Reference}.{shown.Exchanges.Count}.{shown.Exchanges.Count(exchange => exchange.Answer is not null)}";

    public static IEnumerable<Exchange> RowsOf(Conversation shown) => shown.Exchanges.TakeLast(MostRows);

    public IResult Show(string? reference)
    {
        var all = Conversations.Of(log.All());
        var shown = Find(all, reference);
        if (shown is null && reference is not null)
        {
            return Page.Message("No such payment", "The board forgets payments after a while, and all of them when the simulator ends.", StatusCodes.Status404NotFound, "/", "The newest payment");
        }

        var live = $"/board/live?at={Uri.EscapeDataString(TokenOf(shown))}" + (reference is null ? "" : "&reference=" + Uri.EscapeDataString(reference));
        return Page.Of(
            "PspGateway: watch a payment happen",
            Markup.Of($"""
                {Page.Bar("/")}
                <main class="wide">
                <div class="intro"><div><h1>Watch a payment happen</h1>
                <p><b>PspGateway</b> lets a payment service provider offer Vipps to its shops. It takes the customer&rsquo;s card from Vipps, asks the acquirer, and answers in time: never twice, and never with a maybe. Everything around it here is played by a simulator. No money moves.</p></div>
                <a class="button pay go" href="/shop" target="_blank">Buy something <span class="hidden">(opens the shop beside this page)</span></a></div>
                {(shown is null ? Empty : Board(shown, reference is null))}
                {Under(all, shown)}
                </main>
                """),
            noScript: RefreshSeconds,
            look: BoardStyle.Css,
            script: Script,
            live: live);
    }

    public IResult Message(long number, bool part)
    {
        var exchange = log.All().FirstOrDefault(one => one.Number == number);
        return exchange is null ? Page.Message("No such message", "The board has forgotten it.", StatusCodes.Status404NotFound, "/", "The newest payment")
            : part ? Results.Content(BoardRows.OnTheWire(exchange).Html, "text/html; charset=utf-8")
            : Page.Of(
                "On the wire",
                Markup.Of($"""{Page.Bar("")}<main class="wide"><h1>{Telling.Of(exchange).Name}</h1><div class="wire">{BoardRows.OnTheWire(exchange)}</div><footer><a href="/">Back to the board</a></footer></main>"""),
                look: BoardStyle.Css);
    }

    private static Markup Empty { get; } = new("""
        <section class="board"><p class="none">Nothing has been paid for yet. Buy something, and watch this page.<br><span class="live"><b></b>waiting</span></p><ol id="rows" class="rows"></ol></section>
        """);

    private Markup Board(Conversation shown, bool newest)
    {
        var from = shown.Exchanges.Count > 0 ? shown.Exchanges[0].At : default;
        var rows = RowsOf(shown).ToList();
        return Markup.Of($"""
            <section class="board" aria-label="The payment">
            <div class="which"><h2>{Markup.Kroner(shown.Amount)}</h2><span>{shown.Reference}{(newest ? ", the newest payment" : "")}</span><span class="live" role="status"><b></b>as of now</span></div>
            <div class="heads" id="heads">{heads.Of(shown)}</div>
            {(rows.Count < shown.Exchanges.Count ? Markup.Of($"<p class=\"none\">The newest {MostRows} of {shown.Exchanges.Count} calls.</p>") : Markup.Empty)}
            <ol class="rows" id="rows">{Markup.Join(rows.Select(row => BoardRows.Of(row, from)))}</ol>
            </section>
            """);
    }

    private static Markup Under(IReadOnlyList<Conversation> all, Conversation? shown) => Markup.Of($"""
        <div class="under">
        <div><h2>How to read it</h2><p>Each row is one call: a line out, a dashed line back. Unfold a row to see what was on the wire; tokens, cards and phone numbers are masked. Access tokens and repeated looks are left out.</p></div>
        <div><h2>What to try</h2><p>Pay with a card that the bank refuses. Cancel on the phone, or let the time run out. Or give the bank <a href="/shop#try">an amount that makes it hesitate</a>, and see the gateway keep its word.</p></div>
        <div><h2>Payments</h2><ul>{Markup.Join(all.Reverse().Take(MostPayments).Select(one => Markup.Of($"<li><a href=\"/board/{one.Reference}\"{(one == shown ? new Markup(" aria-current=\"true\"") : Markup.Empty)}>{one.Reference}</a> {Markup.Kroner(one.Amount)}</li>")))}</ul>
        <p>{(all.Count == 0 ? "None yet." : Markup.Of($"<a href=\"/books{(shown?.PspTransactionId is { } id ? "?pspTransactionId=" + id : "")}\">The books about this one</a>"))}</p></div>
        </div>
        """);
}
