using PspGateway.Simulator.Pages;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator.Phone;

/// <summary>The app: the customer approves, cancels, or lets the time run out.</summary>
internal static class PhonePage
{
    public static void MapPhone(this WebApplication app)
    {
        app.MapGet("/phone", (string? token, VippsBook book) => book.FindByLandingToken(token) is { } payment ? Show(payment) : LandingPage.Unknown());
        app.MapPost("/phone", ActAsync);
    }

    private static async Task<IResult> ActAsync(
        string? token, HttpRequest request, VippsBook book, MakePaymentCall call, IHostApplicationLifetime lifetime)
    {
        if (book.FindByLandingToken(token) is not { } payment)
        {
            return LandingPage.Unknown();
        }

        var form = request.HasFormContentType ? await request.ReadFormAsync(request.HttpContext.RequestAborted) : FormCollection.Empty;
        var card = PhoneCards.Find(payment.Card ?? form["card"].ToString());
        MakePaymentOrder? order = form["action"].ToString() switch
        {
            "approve" => card.Approve(payment),
            "cancel" => new MakePaymentOrder { PaymentState = "USER_CANCEL" },
            "timeout" => new MakePaymentOrder { PaymentState = "TIMEOUT" },
            _ => null,
        };
        if (order is null || !payment.AwaitsCustomer)
        {
            return Show(payment);
        }

        if (!payment.TryTakePhone())
        {
            return Waiting(payment);
        }

        try
        {
            // Looked at again: the first tap may have ended between the look above and taking the phone.
            if (payment.AwaitsCustomer)
            {
                payment.Card = card.Key;

                // Not the browser's token: Vipps' call goes on when the customer closes the app.
                await call.PostAsync(payment, order, lifetime.ApplicationStopping);
            }
        }
        finally
        {
            payment.PutPhoneDown();
        }

        return Show(payment);
    }

    private static IResult Show(VippsPayment payment) => payment.State switch
    {
        VippsState.INITIATED => Frame(payment, "Confirm payment", Choices(payment, "Approve", PhoneCards.Choice)),
        VippsState.STEP_UP => Frame(payment, "Your bank wants to know it is you", Markup.Of($"""
            {BankLink(payment)}
            {Choices(payment, "I am done at the bank", Markup.Empty, "plain")}
            """)),
        VippsState.RESERVED => Done(payment, "Payment approved", "good", "The amount is reserved on your card."),
        VippsState.CANCELLED_BY_USER => Done(payment, "Payment cancelled", "bad", "Nothing was reserved."),
        VippsState.TIMED_OUT => Done(payment, "The time ran out", "bad", "Nothing was reserved."),
        _ => Done(payment, "Payment failed", "bad", "Check with the shop whether the order went through."),
    };

    private static Markup BankLink(VippsPayment payment) =>
        Uri.TryCreate(payment.Url3dSecure, UriKind.Absolute, out var url) && url.Scheme is "http" or "https"
            ? Markup.Of($"""<p><a class="button pay" href="{url.AbsoluteUri}">Go to your bank</a></p>""")
            : Markup.Of($"""<p class="hint">The gateway named no page of the bank.</p>""");

    private static Markup Choices(VippsPayment payment, string approve, Markup card, string look = "pay") => Markup.Of($"""
        <form method="post" action="/phone?token={payment.LandingToken}">
        {card}
        <button class="{look}" name="action" value="approve" type="submit">{approve}</button>
        <button class="plain" name="action" value="cancel" type="submit">Cancel</button>
        <button class="quiet" name="action" value="timeout" type="submit">Let the time run out</button>
        </form>
        """);

    private static IResult Waiting(VippsPayment payment) => Frame(
        payment, "One moment", new Markup("<p role=\"status\">We are talking to your bank …</p>"), (1, "/phone?token=" + payment.LandingToken));

    private static IResult Done(VippsPayment payment, string title, string mood, string text)
    {
        var next = payment.Init.PspRedirectUrl;
        return Frame(
            payment,
            title,
            Markup.Of($"""
                <p role="status"><span class="badge {mood}">{title}</span></p><p>{text}</p>
                <a class="button pay" href="{next}">Continue to the shop</a>
                """));
    }

    private static IResult Frame(VippsPayment payment, string title, Markup inside, (int Seconds, string Url)? refresh = null) => Page.Of(
        title,
        Markup.Of($"""
            <main><div class="phone"><div class="bar"></div><div class="brand">Vipps</div><div class="inside">
            <h1>{title}</h1>
            <p>{payment.Init.PaymentText ?? payment.Init.MerchantOrderId}<br><small>Merchant {payment.MerchantSerialNumber}</small></p>
            <p class="sum">{Markup.Kroner(payment.Init.Amount)}</p>
            {inside}
            </div></div><footer>A simulation of the Vipps app</footer></main>
            """),
        refresh: refresh);
}
