using System.Text.Json;
using Microsoft.Extensions.Options;
using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Pages;

namespace PspGateway.Simulator.Shop;

/// <summary>Fjellbrød, a bakery with one product: the place to start a payment by hand.</summary>
internal static class ShopPages
{
    /// <summary>The gateway takes 1 to 650 000 kroner.</summary>
    private const long Least = 100;
    private const long Most = 65_000_000;

    public static void MapShop(this WebApplication app)
    {
        app.MapGet("/", Front);
        app.MapPost("/shop/buy", BuyAsync);
        app.MapGet("/shop/orders/{reference}", OrderAsync);
    }

    private static IResult Front() => Page.Of("Fjellbrød", Markup.Of($"""
        <header class="shop">Fjellbrød<small>A small bakery, and a place to try payments</small></header>
        <main><div class="card">
        {Loaf}
        <h1>Sourdough with barley</h1>
        <p class="hint">Baked this morning, still warm. Choose what it is worth to you.</p>
        <form method="post" action="/shop/buy">
        <fieldset><legend>Price</legend><div class="choices">
        <label><input type="radio" name="amount" value="49"> 49 kr</label>
        <label><input type="radio" name="amount" value="89" checked> 89 kr</label>
        <label><input type="radio" name="amount" value="499"> 499 kr</label>
        </div></fieldset>
        <label class="top" for="own">Or your own amount, in kroner</label>
        <input id="own" name="own" type="text" inputmode="decimal" autocomplete="off" placeholder="for example 120,50"
        aria-describedby="ownhint">
        <p class="hint" id="ownhint">Wins over the choice above when filled in.</p>
        <button class="pay" type="submit">Pay with Vipps</button>
        </form>
        <details><summary>Try these amounts</summary>
        <p>In whole kroner. They tell the simulated bank what to do.</p>
        <dl class="amounts">{Markup.Join(AmountScript.Table.Select(row => Markup.Of($"<dt>{row.Kroner}</dt><dd>{row.Meaning}</dd>")))}</dl>
        </details>
        </div><footer><a href="/books">The books</a> · No money moves here</footer></main>
        """));

    private static Markup Loaf { get; } = new("""
        <svg class="loaf" viewBox="0 0 400 150" role="img" aria-label="A round loaf of bread" preserveAspectRatio="xMidYMid slice">
        <path d="M0 120 70 62l44 34 58-58 70 70 40-30 118 72H0z" fill="#fff" opacity=".35"/>
        <ellipse cx="200" cy="128" rx="112" ry="12" fill="#7a3b12" opacity=".25"/>
        <path d="M92 122c-6-54 46-84 108-84s114 30 108 84z" fill="#b4692b"/>
        <path d="M98 116c0-46 46-70 102-70s102 24 102 70c-60-18-146-18-204 0z" fill="#c98443"/>
        <path d="M150 66c10 12 14 28 14 42M200 56c6 14 8 32 8 48M250 66c-4 12-4 28-2 42" stroke="#fbe3bf" stroke-width="7" stroke-linecap="round" fill="none"/>
        </svg>
        """);

    private static async Task<IResult> BuyAsync(
        HttpRequest request, ShopBook book, MerchantClient merchant, IOptions<SimulatorOptions> options,
        CancellationToken cancellationToken)
    {
        var form = request.HasFormContentType ? await request.ReadFormAsync(cancellationToken) : FormCollection.Empty;
        var text = form["own"].ToString().Trim() is { Length: > 0 } own ? own : form["amount"].ToString();
        if (ParseKroner(text) is not { } amount)
        {
            return Page.Message("That is no price",
                $"Write kroner and, if you like, øre: 120 or 120,50. At least 1 kr, at most {Markup.Kroner(Most)}.",
                StatusCodes.Status400BadRequest);
        }

        var order = book.Open(amount);
        var returnUrl = new Uri(options.Value.PublicBase(request), "/shop/orders/" + order.Reference);
        try
        {
            var redirectUrl = await merchant.CreateAsync(order, returnUrl, cancellationToken);
            book.Note(order.Reference, "CREATED", null);
            return Page.SeeOther(request.HttpContext.Response, redirectUrl.AbsoluteUri);
        }
        catch (ShopException exception)
        {
            book.Note(order.Reference, "NOT_PAID", null);
            return Page.Message("The payment could not be started", exception.Message, StatusCodes.Status502BadGateway);
        }
    }

    private static async Task<IResult> OrderAsync(
        string reference, ShopBook book, MerchantClient merchant, CancellationToken cancellationToken)
    {
        try
        {
            var payment = await merchant.ReadAsync(reference, cancellationToken);
            var state = payment.Text("state") ?? "unknown";
            book.Note(reference, state, payment.Text("pspReference"));
            return Show(reference, state, payment);
        }
        catch (ShopException exception)
        {
            return Page.Message("We cannot look up your order", exception.Message, StatusCodes.Status502BadGateway);
        }
    }

    private static IResult Show(string reference, string state, JsonElement payment)
    {
        var (title, mood, text) = state switch
        {
            "AUTHORIZED" => ("Thank you for your order", "good", "Your bread is paid for and waits at the counter."),
            "CREATED" => ("Your payment is not finished", "", "This page looks again every two seconds."),
            "ABORTED" => ("The payment was not made", "bad", "It was cancelled, or the bank said no. Nothing was charged."),
            "EXPIRED" => ("The payment took too long", "bad", "Nothing was charged."),
            "TERMINATED" => ("The order was cancelled", "bad", "Nothing is charged."),
            _ => ("We do not know this state", "bad", "Ask at the counter."),
        };
        var aggregate = payment.Member("aggregate") ?? default;
        return Page.Of(
            title,
            Markup.Of($"""
                <header class="shop">Fjellbrød<small>Your order</small></header>
                <main><div class="card">
                <h1>{title}</h1><p role="status"><span class="badge {mood}">{state}</span></p><p>{text}</p>
                <dl class="facts"><dt>Order</dt><dd>{reference}</dd>
                <dt>Price</dt><dd>{Amount(payment, "amount")}</dd>
                <dt>Reserved</dt><dd>{Amount(aggregate, "authorizedAmount")}</dd>
                <dt>Captured</dt><dd>{Amount(aggregate, "capturedAmount")}</dd>
                <dt>Refunded</dt><dd>{Amount(aggregate, "refundedAmount")}</dd>
                <dt>Cancelled</dt><dd>{Amount(aggregate, "cancelledAmount")}</dd></dl>
                <a class="button plain" href="/">Back to the shop</a>
                </div><footer><a href="/books?pspTransactionId={payment.Text("pspReference")}">This payment in the books</a> ·
                <a href="/books">All books</a></footer></main>
                """),
            refresh: state == "CREATED" ? (2, "/shop/orders/" + Uri.EscapeDataString(reference)) : null);
    }

    private static string Amount(JsonElement parent, string name) =>
        parent.Member(name)?.Member("value") is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var minor)

            ? Markup.Kroner(minor) : "–";

    private static long? ParseKroner(string text) =>
        decimal.TryParse(text.Replace(" ", "", StringComparison.Ordinal).Replace(',', '.'),
            System.Globalization.NumberStyles.AllowDecimalPoint,
            System.Globalization.CultureInfo.InvariantCulture, out var kroner)
        && kroner * 100 is >= Least and <= Most && kroner * 100 == decimal.Truncate(kroner * 100) ? (long)(kroner * 100) : null;
}
