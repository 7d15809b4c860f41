using System.Text.Json;

namespace PspGateway.Simulator.Walk;

/// <summary>The customer's thumb, the customer's browser, and a look into the books of Vipps and of the acquirer.</summary>
internal sealed class SimulatorSide(WalkHttp http, Uri simulator)
{
    private const int MostRedirects = 5;
    private static readonly Dictionary<string, string> NoHeaders = [];

    public Uri Simulator => simulator;

    public Uri ReturnUrl(string reference) => new(simulator, "/shop/orders/" + reference);

    public Task<Seen> ReadyAsync(CancellationToken cancellationToken) => GetAsync("/health", cancellationToken);

    /// <summary>What Vipps holds of a payment, links included.</summary>
    public Task<Seen> PaymentAsync(string pspTransactionId, CancellationToken cancellationToken) =>
        GetAsync("/control/vipps/payments/" + pspTransactionId, cancellationToken);

    public Task<Seen> ApproveAsync(string pspTransactionId, CancellationToken cancellationToken) => http.SendAsync(
        HttpMethod.Post, new Uri(simulator, $"/control/vipps/payments/{pspTransactionId}/post"), NoHeaders,
        new { paymentState = "ACCEPTED", card = "visa" }, cancellationToken);

    public Task<Seen> BooksAsync(string pspTransactionId, CancellationToken cancellationToken) =>
        GetAsync("/books?pspTransactionId=" + pspTransactionId, cancellationToken);

    /// <summary>As a browser does it, from page to page, but never to a stranger.</summary>
    public async Task<(Seen Last, Uri At)> BrowseAsync(Uri url, Uri gateway, CancellationToken cancellationToken)
    {
        for (var hop = 0; ; hop++)
        {
            if (url.Authority != gateway.Authority && url.Authority != simulator.Authority)
            {
                return (new Seen(0, null, null, "a redirect to " + url.Authority), url);
            }

            var seen = await http.SendAsync(HttpMethod.Get, url, NoHeaders, null, cancellationToken);
            if (seen.Status is not (301 or 302 or 303 or 307 or 308) || seen.Location is not { } next || hop == MostRedirects)
            {
                return (seen, url);
            }

            url = new Uri(url, next);
        }
    }

    private Task<Seen> GetAsync(string path, CancellationToken cancellationToken) =>
        http.SendAsync(HttpMethod.Get, new Uri(simulator, path), NoHeaders, null, cancellationToken);
}

/// <summary>The two books of one payment, as GET /books shows them.</summary>
internal sealed record PaymentBooks(JsonElement? Vipps, IReadOnlyList<JsonElement> Authorisations)
{
    public static PaymentBooks Of(JsonElement books) => new(
        List(books, "vipps", "payments") is [var only] ? only : null,
        List(books, "acquirer", "authorisations"));

    public IReadOnlyList<JsonElement> Live => [.. Authorisations.Where(one => one.Member("live") is { ValueKind: JsonValueKind.True })];

    public (long Amount, long Count) Reported(string operation) => Vipps?.Member("reported")?.Member(operation) is { } sum
        ? (sum.Number("amount") ?? 0, sum.Number("count") ?? 0) : (0, 0);

    /// <summary>Over all authorisations of the payment: two of them would be the fault to find.</summary>
    public long AtAcquirer(string member) => Authorisations.Sum(one => one.Number(member) ?? 0);

    private static IReadOnlyList<JsonElement> List(JsonElement books, string side, string list) =>
        books.Member(side)?.Member(list) is { ValueKind: JsonValueKind.Array } found ? [.. found.EnumerateArray()] : [];
}

internal static class Numbers
{
    public static long? Number(this JsonElement value, string member) =>
        value.Member(member) is { ValueKind: JsonValueKind.Number } found && found.TryGetInt64(out var number) ? number : null;
}
