using PspGateway.Simulator.Pages;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator.Phone;

/// <summary>
/// Where the gateway sends the customer after a step-up, an address that the real app catches. After a success Vipps asks the gateway again, with
/// the same card and a new cryptogram; whether it does so after a failure is not written anywhere, and this one does not.
/// </summary>
internal static class MobileIntercept
{
    public static void MapMobileIntercept(this WebApplication app) => app.MapGet("/mobileintercept", HandleAsync);

    private static async Task<IResult> HandleAsync(
        string? transactionId, string? responsecode, HttpResponse response, VippsBook book, MakePaymentCall call, IHostApplicationLifetime lifetime)
    {
        if (transactionId is null || book.Find(transactionId) is not { } payment)
        {
            return LandingPage.Unknown();
        }

        payment.Note($"back from the step-up: {responsecode}");
        if (payment.State == VippsState.STEP_UP && payment.TryTakePhone())
        {
            try
            {
                if (responsecode == "OK")
                {
                    // Not the browser's token: Vipps' call goes on when the customer closes the app.
                    await call.PostAsync(payment, MakePaymentOrder.Approval(payment, payment.Card), lifetime.ApplicationStopping);
                }
                else
                {
                    payment.Settle(VippsState.FAILED, byVipps: true, null, $"the step-up ended with {responsecode}");
                }
            }
            finally
            {
                payment.PutPhoneDown();
            }
        }

        return Page.SeeOther(response, "/phone?token=" + payment.LandingToken);
    }
}
