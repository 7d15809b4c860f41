using PspGateway.Simulator.Pages;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator.Phone;

/// <summary>Vipps' landing page: the customer names a phone, which then shows the payment.</summary>
internal static class LandingPage
{
    public static void MapLanding(this WebApplication app)
    {
        app.MapGet("/landing", (string? token, VippsBook book) => book.FindByLandingToken(token) is { } payment ? Show(payment) : Unknown());
        app.MapPost("/landing", (string? token, HttpResponse response, VippsBook book) =>
            book.FindByLandingToken(token) is { } payment ? Page.SeeOther(response, "/phone?token=" + payment.LandingToken) : Unknown());
    }

    public static IResult Unknown() => Page.Message(
        "We do not know this payment", "The link is too old, or a part of it is missing. Start again in the shop.", StatusCodes.Status404NotFound);

    // The number is for show: the simulator has one phone, and keeps no number.
    private static IResult Show(VippsPayment payment) => Page.Of("Vipps", Markup.Of($"""
        <main><div class="card"><p class="brand">Vipps</p>
        <h1>Pay with Vipps</h1>
        <p>{payment.Init.PaymentText ?? payment.Init.MerchantOrderId}</p>
        <p class="sum">{Markup.Kroner(payment.Init.Amount)}</p>
        <form method="post" action="/landing?token={payment.LandingToken}">
        <label class="top" for="number">Your mobile number</label>
        <input id="number" name="number" type="tel" inputmode="numeric" autocomplete="off" value="912 34 567">
        <p class="hint">Any number will do: nothing leaves this machine.</p>
        <button class="pay" type="submit">Next</button>
        </form>
        </div><footer>A simulation of Vipps&rsquo; landing page</footer></main>
        """));
}
