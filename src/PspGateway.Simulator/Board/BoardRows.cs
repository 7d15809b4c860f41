using PspGateway.Simulator.Pages;

namespace PspGateway.Simulator.Board;

/// <summary>One exchange as a row: when, between whom, and in words. What was on the wire is fetched when somebody unfolds it.</summary>
internal static class BoardRows
{
    private static readonly string[] Names = ["Shop", "PspGateway", "Vipps", "Acquirer"];

    public static string NameOf(Party party) => Names[(int)party];

    public static string IdOf(Exchange exchange) => $"m{exchange.Number}";

    public static Markup Of(Exchange exchange, DateTimeOffset from)
    {
        var told = Telling.Of(exchange);
        return Markup.Of($"""
            <li id="{IdOf(exchange)}"><details><summary><time>{Since(exchange.At - from)}</time><span class="lanes" aria-hidden="true">{Arrow(exchange.From, exchange.To, "")}{(exchange.Answer is null ? Markup.Empty : Arrow(exchange.To, exchange.From, "back " + Class(told.Mood)))}</span><span class="words"><span><b>{told.Name}</b> <span class="hidden">{NameOf(exchange.From)} to {NameOf(exchange.To)}:</span>{told.Asked}</span>{Answer(exchange.Answer, told)}</span></summary><div class="wire"><a href="/board/messages/{exchange.Number}">What was on the wire</a></div></details></li>

            """);
    }

    /// <summary>The two messages, masked.</summary>
    public static Markup OnTheWire(Exchange exchange) => Markup.Of($"""
        <div class="two"><div><p class="way">{NameOf(exchange.From)} → {NameOf(exchange.To)}</p><pre>{exchange.Method} {Masking.Plain(exchange.Path)}{Markup.Join(exchange.Headers.Select(header => Markup.Of($"\n{Masking.Plain(header)}")))}{Body(exchange)}</pre></div>
        <div><p class="way">{NameOf(exchange.To)} → {NameOf(exchange.From)}</p>{(exchange.Answer is { } answer
            ? Markup.Of($"<pre>{(answer.Status == 0 ? "no answer" : answer.Status)} after {Took(answer.Took)}\n\n{Masking.Show(answer.Body)}</pre>")
            : Markup.Of($"<pre>not yet</pre>"))}</div></div>
        """);

    private static Markup Body(Exchange exchange) => exchange.Body.Length == 0 ? Markup.Empty : Markup.Of($"\n\n{Masking.Show(exchange.Body)}");

    private static Markup Answer(ExchangeAnswer? answer, Telling told) => answer is null
        ? Markup.Of($"<span class=\"got\">…</span>")
        : Markup.Of($"<span class=\"got {Class(told.Mood)}\"><b>{(answer.Status == 0 ? "–" : answer.Status)}</b> {told.Answered} <small>{Took(answer.Took)}</small></span>");

    private static Markup Arrow(Party from, Party to, string look)
    {
        var (left, right) = from < to ? (from, to) : (to, from);
        return Markup.Of($"<i class=\"{(from < to ? 'r' : 'l')} s{right - left + 1} {look}\" style=\"grid-column:{(int)left + 1}/{(int)right + 2}\"></i>");
    }

    private static string Class(Mood mood) => mood switch { Mood.Good => "good", Mood.Bad => "bad", _ => "" };

    private static string Took(TimeSpan time) => time < TimeSpan.FromMilliseconds(1) ? "under 1 ms" : $"{(long)time.TotalMilliseconds} ms";

    private static string Since(TimeSpan time) => time < TimeSpan.FromMinutes(1) ? $"{time.TotalSeconds:0.000} s"
        : time < TimeSpan.FromHours(1) ? $"{(int)time.TotalMinutes}:{time.Seconds:00} min" : $"{(int)time.TotalHours}:{time.Minutes:00} h";
}
