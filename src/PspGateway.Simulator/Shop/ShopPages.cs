using Microsoft.Extensions.Options;
using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Pages;

namespace PspGateway.Simulator.Shop;

/// <summary>Fjellbrød, a bakery: the place to start a payment by hand.</summary>
internal static class ShopPages
{
    /// <summary>The gateway takes 1 to 650 000 kroner.</summary>
    private const long Least = 100;
    private const long Most = 65_000_000;

    public static void MapShop(this WebApplication app)
    {
        app.MapGet("/shop", (string? basket) => Front(Basket.Parse(basket)));
        app.MapPost("/shop/buy", BuyAsync);
        app.MapOrders();
    }

    public static Markup Name(string under) => Markup.Of($"""<header class="shop"><a href="/shop">Fjellbrød</a><small>{under}</small></header>""");

    private static IResult Front(Basket basket) => Page.Of(
        "Fjellbrød",
        Markup.Of($"""
            {Name("A small bakery, and a place to try payments")}
            <main class="shop">
            <h1 class="hidden">Our goods</h1>
            <ul class="goods">{Markup.Join(Goods.All.Select(good => Shelf(good, basket)))}</ul>
            <section class="card basket" aria-labelledby="yours"><h2 id="yours">Your basket</h2>{Contents(basket)}</section>
            {Till(basket)}
            <details class="try" id="try"><summary>Try an amount that means something</summary>
            <p>In whole kroner, these tell the simulated bank what to do:</p>
            <form method="post" action="/shop/buy"><div><label class="top" for="own">Amount in kroner</label>
            <input id="own" name="own" type="text" inputmode="decimal" autocomplete="off" placeholder="9012"></div><button class="plain" type="submit">Pay this</button></form>
            <dl class="amounts">{Markup.Join(AmountScript.Table.Select(row => Markup.Of($"<dt>{row.Kroner}</dt><dd>{row.Meaning}</dd>")))}</dl>
            </details>
            <footer>No money moves here. <a href="/">See payments on the board</a></footer></main>
            """),
        look: ShopStyle.Css);

    private static Markup Shelf(Good good, Basket basket) => Markup.Of($"""
        <li class="card" id="{good.Key}">{good.Picture}<h2>{good.Name}</h2><p>{good.About}</p>
        <div><span>{Markup.Kroner(good.Price)}</span><a class="add" href="/shop?basket={basket.With(good, 1)}#{good.Key}">Add<span class="hidden"> {good.Name}</span></a></div></li>
        """);

    private static Markup Contents(Basket basket) => basket.IsEmpty ? new Markup("<p class=\"hint\">Nothing yet. Add what you like.</p>") : Markup.Of($"""
        <ul>{Markup.Join(basket.Lines.Select(line => Markup.Of($"""
            <li><span>{line.Good.Name}</span><span>{Markup.Kroner(line.Good.Price * line.Count)}</span>
            <span class="count"><a href="/shop?basket={basket.With(line.Good, -1)}" aria-label="One {line.Good.Name} less">−</a>{line.Count}<a href="/shop?basket={basket.With(line.Good, 1)}" aria-label="One {line.Good.Name} more">+</a></span></li>
            """)))}</ul>
        """);

    private static Markup Till(Basket basket) => basket.IsEmpty ? new Markup("<div class=\"card till\"></div>") : Markup.Of($"""
        <form class="card till" method="post" action="/shop/buy"><input type="hidden" name="basket" value="{basket}">
        <p class="total"><span>Total</span><span>{Markup.Kroner(basket.Total)}</span></p>
        <button class="pay" type="submit">Pay with Vipps</button></form>
        """);

    private static async Task<IResult> BuyAsync(
        HttpRequest request, ShopBook book, MerchantClient merchant, IOptions<SimulatorOptions> options,
        CancellationToken cancellationToken)
    {
        var form = request.HasFormContentType ? await request.ReadFormAsync(cancellationToken) : FormCollection.Empty;
        var basket = Basket.Parse(form["basket"]);
        if ((basket.IsEmpty ? ParseKroner(form["own"].ToString()) : basket.Total) is not { } amount)
        {
            return Page.Message("That is no price",
                $"Write kroner and, if you like, øre: 120 or 120,50. At least 1 kr, at most {Markup.Kroner(Most)}.",
                StatusCodes.Status400BadRequest);
        }

        var order = book.Open(amount, basket);
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

    private static long? ParseKroner(string text) =>
        decimal.TryParse(text.Replace(" ", "", StringComparison.Ordinal).Replace(',', '.'),
            System.Globalization.NumberStyles.AllowDecimalPoint,
            System.Globalization.CultureInfo.InvariantCulture, out var kroner)
        && kroner * 100 is >= Least and <= Most && kroner * 100 == decimal.Truncate(kroner * 100) ? (long)(kroner * 100) : null;
}
