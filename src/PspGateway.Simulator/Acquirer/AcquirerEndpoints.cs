using Microsoft.Extensions.Options;

namespace PspGateway.Simulator.Acquirer;

/// <summary>The routes of the acquirer: a subset of Adyen Checkout v72.</summary>
internal static class AcquirerEndpoints
{
    public static void MapAcquirer(this WebApplication app)
    {
        var routes = app.MapGroup("/adyen/v72");
        routes.MapPost("/payments", (HttpContext context, AcquirerDoor door, Payments payments, IOptions<SimulatorOptions> options) =>
            door.ServeAsync(context, "payments", (sent, key) => payments.AuthoriseAsync(sent, key, options.Value.PublicBase(context.Request))));
        routes.MapPost("/payments/details", (HttpContext context, AcquirerDoor door, Authentications authentications) =>
            door.ServeAsync(context, "payments/details", (sent, _) => Task.FromResult(authentications.Finish(sent))));
        routes.MapPost("/payments/{psp}/captures", (HttpContext context, string psp, AcquirerDoor door, Modifications modifications) =>
            door.ServeAsync(context, "payments/captures", (sent, _) => modifications.CaptureAsync(psp, sent)));
        routes.MapPost("/payments/{psp}/refunds", (HttpContext context, string psp, AcquirerDoor door, Modifications modifications) =>
            door.ServeAsync(context, "payments/refunds", (sent, _) => modifications.RefundAsync(psp, sent)));
        routes.MapPost("/payments/{psp}/cancels", (HttpContext context, string psp, AcquirerDoor door, Modifications modifications) =>
            door.ServeAsync(context, "payments/cancels", (sent, _) => modifications.CancelAsync(psp, sent)));
        routes.MapPost("/payments/{psp}/reversals", (HttpContext context, string psp, AcquirerDoor door, Modifications modifications) =>
            door.ServeAsync(context, "payments/reversals", (sent, _) => modifications.ReverseAsync(psp, sent)));
        routes.MapPost("/cancels", (HttpContext context, AcquirerDoor door, Modifications modifications) =>
            door.ServeAsync(context, "cancels", (sent, _) => modifications.CancelByReferenceAsync(sent)));
    }
}
