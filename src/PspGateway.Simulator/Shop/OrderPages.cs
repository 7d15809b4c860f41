using System.Text.Json;
using PspGateway.Simulator.Pages;

namespace PspGateway.Simulator.Shop;

/// <summary>Where the customer comes back to: the receipt, or what to do now. Behind the counter, the shop's own part.</summary>
internal static class OrderPages
{
    public static void MapOrders(this WebApplication app)
    {
        app.MapGet("/shop/orders/{reference}", ShowAsync);
        app.MapPost("/shop/orders/{reference}/{what}", ModifyAsync);
    }

    private static async Task<IResult> ShowAsync(string reference, ShopBook book, MerchantClient merchant, CancellationToken cancellationToken)
    {
        try
        {
            var payment = await merchant.ReadAsync(reference, cancellationToken);
            var state = payment.Text("state") ?? "unknown";
            book.Note(reference, state, payment.Text("pspReference"));
            return Show(reference, state, payment, book.Find(reference)?.Basket ?? Basket.Parse(null));
        }
        catch (ShopException exception)
        {
            return Page.Message("We cannot look up your order", exception.Message, StatusCodes.Status502BadGateway);
        }
    }

    private static async Task<IResult> ModifyAsync(
        string reference, string what, HttpResponse response, ShopBook book, MerchantClient merchant, CancellationToken cancellationToken)
    {
        if (book.Find(reference) is not { } order || what is not ("capture" or "refund" or "cancel"))
        {
            return Page.Message("We do not know this order", "The shop forgets its orders when the simulator ends.", StatusCodes.Status404NotFound);
        }

        try
        {
            await merchant.ModifyAsync(order, what, cancellationToken);
            return Page.SeeOther(response, "/shop/orders/" + Uri.EscapeDataString(reference));
        }
        catch (ShopException exception)
        {
            return Page.Message("That did not work", exception.Message, StatusCodes.Status409Conflict, "/shop/orders/" + Uri.EscapeDataString(reference), "Back to the order");
        }
    }

    private static IResult Show(string reference, string state, JsonElement payment, Basket basket)
    {
        var sums = new Sums(payment);
        var (title, mood, text) = (state, sums) switch
        {
            ("AUTHORIZED", { Refunded: > 0 }) => ("You have your money back", "", "What you paid is on its way to your account."),
            ("AUTHORIZED", { Cancelled: > 0 }) => ("We could not deliver", "bad", "The amount on your card is let go. Nothing was charged."),
            ("AUTHORIZED", { Captured: > 0 }) => ("Enjoy your meal", "good", "You have your goods, and they are paid for."),
            ("AUTHORIZED", _) => ("Thank you for your order", "good", "The amount is reserved. You pay when you get your goods."),
            ("CREATED", _) => ("Your payment is not finished", "", "The bank has not answered yet. Look again in a moment."),
            ("ABORTED", _) => ("The payment was not made", "bad", "It was cancelled, or the bank said no. Nothing was charged."),
            ("EXPIRED", _) => ("The payment took too long", "bad", "Nothing was charged."),
            ("TERMINATED", _) => ("The order was cancelled", "bad", "Nothing is charged."),
            _ => ("We do not know this state", "bad", "Ask at the counter."),
        };
        var again = "/shop" + (mood == "bad" && !basket.IsEmpty ? "?basket=" + basket : "");
        return Page.Of(
            title,
            Markup.Of($"""
                {ShopPages.Name("Your order")}
                <main><div class="card receipt">
                <p role="status"><span class="badge {mood}">{state}</span></p><h1>{title}</h1><p>{text}</p>
                <ul>{Markup.Join(basket.Lines.Select(line => Markup.Of($"<li><span>{line.Count} × {line.Good.Name}</span><span>{Markup.Kroner(line.Good.Price * line.Count)}</span></li>")))}</ul>
                <p class="total"><span>Total</span><span>{Markup.Kroner(sums.Price)}</span></p>
                <dl class="facts"><dt>Order</dt><dd>{reference}</dd>{Fact("Reserved", sums.Reserved)}{Fact("Captured", sums.Captured)}{Fact("Refunded", sums.Refunded)}{Fact("Cancelled", sums.Cancelled)}</dl>
                {(state == "CREATED" ? Markup.Of($"<a class=\"button pay\" href=\"/shop/orders/{reference}\">Look again</a>") : Markup.Empty)}
                <a class="button plain" href="{again}">{(again.Length > 5 ? "Try again" : "Back to the shop")}</a>
                </div>{Counter(reference, state, sums)}
                <footer><a href="/board/{reference}">This payment on the board</a> · <a href="/books?pspTransactionId={payment.Text("pspReference")}">in the books</a></footer></main>
                """),
            look: ShopStyle.Css);
    }

    private static Markup Counter(string reference, string state, Sums sums) => (state, sums) switch
    {
        ("AUTHORIZED", { Captured: 0, Cancelled: 0 }) => Counter(reference, ("capture", "Hand over the goods, and capture"), ("cancel", "Sold out: cancel")),
        ("AUTHORIZED", { Captured: > 0, Refunded: 0 }) => Counter(reference, ("refund", "Take the goods back, and refund")),
        _ => Markup.Empty,
    };

    private static Markup Counter(string reference, params (string What, string Text)[] choices) => Markup.Of($"""
        <section class="card counter"><h2>Behind the counter</h2><p class="hint">What the shop does now.</p>
        {Markup.Join(choices.Select(choice => Markup.Of($"<form method=\"post\" action=\"/shop/orders/{reference}/{choice.What}\"><button class=\"plain\" type=\"submit\">{choice.Text}</button></form>")))}</section>
        """);

    private static Markup Fact(string name, long amount) => amount == 0 ? Markup.Empty : Markup.Of($"<dt>{name}</dt><dd>{Markup.Kroner(amount)}</dd>");

    private sealed record Sums(long Price, long Reserved, long Captured, long Refunded, long Cancelled)
    {
        public Sums(JsonElement payment)
            : this(Of(payment, "amount"), Of(payment.Member("aggregate"), "authorizedAmount"), Of(payment.Member("aggregate"), "capturedAmount"),
                Of(payment.Member("aggregate"), "refundedAmount"), Of(payment.Member("aggregate"), "cancelledAmount"))
        {
        }

        private static long Of(JsonElement? parent, string name) =>
            parent?.Member(name)?.Member("value") is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var minor) ? minor : 0;
    }
}
