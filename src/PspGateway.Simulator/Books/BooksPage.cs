using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Pages;
using PspGateway.Simulator.Shop;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator.Books;

/// <summary>The books for a person: the newest first, not more than fit on a page.</summary>
internal static class BooksPage
{
    private const int Shown = 8;

    public static IResult Show(
        string? id,
        IReadOnlyList<VippsPaymentView> payments,
        IReadOnlyList<AuthorisationView> authorisations,
        IReadOnlyList<NotificationView> notifications,
        IReadOnlyList<ShopOrder> orders) => Page.Of("The books", Markup.Of($"""
        {Page.Bar("/books")}
        <main class="wide">
        <h1>The books</h1>
        <p>{(id is null ? Markup.Of($"Everything since the start; the newest {Shown} of each.") : Markup.Of($"Payment {id}. <a href=\"/books\">Show all</a>"))}</p>
        {Table("Vipps", ["Payment", "Order", "Amount", "State", "Reserved", "Captured", "Cancelled", "Refunded", "What happened"], payments, Row)}
        {Table("Acquirer", ["Reference", "pspReference", "Card", "Amount", "Status", "Captured", "Cancelled", "Refunded", "What happened"], authorisations, Row)}
        {Table("Notifications", ["Event", "Success", "About", "Reference", "Amount", "State", "Tries"], notifications, Row)}
        {Table("Shop", ["Order", "Price", "State", "Time"], orders, Row)}
        </main>
        """));

    private static Markup Row(VippsPaymentView view) => Markup.Of($"""
        <tr><td><a href="/books?pspTransactionId={view.PspTransactionId}">{Short(view.PspTransactionId)}</a></td><td>{Short(view.MerchantOrderId)}</td>
        {Money(view.Amount)}<td>{Badge(view.State, good: view.State == "RESERVED", bad: view.State is "FAILED" or "TIMED_OUT" or "CANCELLED_BY_USER")}</td>
        {Money(view.Reported.Reserved.Amount)}{Money(view.Reported.Captured.Amount)}{Money(view.Reported.Cancelled.Amount)}{Money(view.Reported.Refunded.Amount)}
        <td>{History(view.History)}</td></tr>
        """);

    private static Markup Row(AuthorisationView view) => Markup.Of($"""
        <tr><td>{Short(view.Reference)}</td><td>{view.PspReference}</td><td>{view.Brand} {view.Card}</td>{Money(view.Amount)}
        <td>{Badge(view.Live ? view.Status + ", live" : view.Status, good: view.Live, bad: view.Status == "REFUSED")}</td>
        {Money(view.Captured)}{Money(view.Cancelled)}{Money(view.Refunded)}<td>{History(view.History)}</td></tr>
        """);

    private static Markup Row(NotificationView view) => Markup.Of($"""
        <tr><td>{view.EventCode}</td><td>{(view.Success ? "yes" : "no")}</td><td>{view.OriginalReference ?? view.PspReference}</td>
        <td>{Short(view.MerchantReference)}</td>{Money(view.Amount)}<td>{Badge(view.State, view.Delivered, view.State == "failed")}</td>
        <td class="number">{view.Tries}</td></tr>
        """);

    private static Markup Row(ShopOrder order) => Markup.Of($"""
        <tr><td><a href="/shop/orders/{order.Reference}">{order.Reference}</a></td>{Money(order.Amount)}
        <td>{Badge(order.State, order.State == "AUTHORIZED", order.State is "NOT_PAID" or "ABORTED" or "EXPIRED")}</td><td>{Time(order.CreatedAt)}</td></tr>
        """);

    private static Markup Table<T>(string title, string[] columns, IReadOnlyList<T> rows, Func<T, Markup> row) => rows.Count == 0
        ? Markup.Of($"""<h2>{title}</h2><p class="hint">Nothing yet.</p>""")
        : Markup.Of($"""
            <h2>{title} <small>({rows.Count})</small></h2>
            <div class="scroll" tabindex="0" role="region" aria-label="{title}"><table>
            <thead><tr>{Markup.Join(columns.Select(column => Markup.Of($"<th scope=\"col\">{column}</th>")))}</tr></thead>
            <tbody>{Markup.Join(rows.Reverse().Take(Shown).Select(row))}</tbody>
            </table></div>
            """);

    private static Markup History(IReadOnlyList<BookEntry> entries) => Markup.Of($"""
        <ol>{Markup.Join(entries.Select(entry => Markup.Of($"<li value=\"{entry.Number}\">{Time(entry.At)} {entry.What} {Sum(entry.Amount)}</li>")))}</ol>
        """);

    private static Markup Badge(string text, bool good, bool bad) =>
        Markup.Of($"""<span class="badge {(good ? "good" : bad ? "bad" : "")}">{text}</span>""");

    private static Markup Money(long minorUnits) => Markup.Of($"""<td class="number">{(minorUnits == 0 ? "–" : Markup.Kroner(minorUnits))}</td>""");

    private static string Sum(long? minorUnits) => minorUnits is { } sum ? Markup.Kroner(sum) : "";

    private static string Time(DateTimeOffset at) => at.ToString("HH:mm:ss.fff");

    private static string Short(string text) => text.Length <= 20 ? text : text[..8] + "…" + text[^6..];
}
