using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Pages;
using PspGateway.Simulator.Shop;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator.Books;

/// <summary>GET /books: what Vipps, the acquirer and the shop each believe. JSON, or a page for who asks for text/html.</summary>
internal static class BooksEndpoints
{
    public static void MapBooks(this WebApplication app) => app.MapGet("/books", (
        HttpRequest request, string? pspTransactionId, VippsBook vipps, AcquirerBook acquirer, Notifier notifier, ShopBook shop) =>
    {
        var id = string.IsNullOrEmpty(pspTransactionId) ? null : pspTransactionId;
        var payments = vipps.View(id);
        var authorisations = acquirer.View(id);
        var notifications = notifier.View(id);
        var orders = shop.View(id);
        if (request.Headers.Accept.ToString().Contains("text/html", StringComparison.OrdinalIgnoreCase))
        {
            return BooksPage.Show(id, payments, authorisations, notifications, orders);
        }

        return Results.Json(
            new
            {
                vipps = new { payments },
                acquirer = new { authorisations, calls = acquirer.Calls(id), notifications },
                shop = new { orders },
            },
            Wire.Json);
    });
}
