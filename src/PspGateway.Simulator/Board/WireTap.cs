using Microsoft.AspNetCore.Http.Features;

namespace PspGateway.Simulator.Board;

/// <summary>Listens to what the simulator receives and sends. Access tokens belong to no payment and are left out.</summary>
internal static class WireTap
{
    private static readonly string[] Noted = ["Idempotency-Key", "Merchant-Serial-Number", "Psp-Id"];

    /// <summary>What the gateway asks of Vipps and of the acquirer.</summary>
    public static void UseWireTap(this WebApplication app)
    {
        var log = app.Services.GetRequiredService<ExchangeLog>();
        app.Use((context, next) => AskedOf(context.Request.Path) is { } party ? ListenAsync(context, next, log, party) : next(context));
    }

    /// <summary>Whose call to the gateway it is, by its path.</summary>
    public static Party? AskerOf(string path) =>
        path.StartsWith("/epayment/", StringComparison.Ordinal) ? Party.Shop
        : path.StartsWith("/vipps/", StringComparison.Ordinal) ? Party.Vipps
        : path.StartsWith("/acquirers/", StringComparison.Ordinal) ? Party.Acquirer
        : null;

    public static IReadOnlyList<string> Note(Func<string, string?> valueOf, string? authorization) =>
    [
        .. Noted.Select(name => (name, value: valueOf(name))).Where(header => !string.IsNullOrEmpty(header.value)).Select(header => $"{header.name}: {header.value}"),
        .. string.IsNullOrEmpty(authorization) ? (string[])[] : [authorization.StartsWith("Bearer ", StringComparison.Ordinal) ? "Authorization: Bearer ****" : "Authorization: ****"],
    ];

    private static Party? AskedOf(PathString path) =>
        path.StartsWithSegments("/psp", StringComparison.OrdinalIgnoreCase) ? Party.Vipps
        : path.StartsWithSegments("/adyen", StringComparison.OrdinalIgnoreCase) ? Party.Acquirer
        : null;

    private static async Task ListenAsync(HttpContext context, RequestDelegate next, ExchangeLog log, Party party)
    {
        if (await Wire.ReadBodyAsync(context.Request, context.RequestAborted) is not { } body)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        using var again = new MemoryStream(body, writable: false);
        context.Request.Body = again;
        var request = context.Request;
        var exchange = log.Begin(Party.Gateway, party, request.Method, request.Path, Note(name => request.Headers[name], request.Headers.Authorization), body);
        await using var answer = new KeptStream(context.Features.GetRequiredFeature<IHttpResponseBodyFeature>().Stream, Exchange.MostKept);
        context.Response.Body = answer;
        try
        {
            await next(context);
        }
        finally
        {
            log.End(exchange, context.Response.HasStarted ? context.Response.StatusCode : 0, answer.Kept());
        }
    }
}

/// <summary>The same for calls to the gateway: the shop's, Vipps' and the acquirer's.</summary>
internal sealed class WireTapHandler(ExchangeLog log, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        var path = request.RequestUri?.AbsolutePath ?? "";
        if (WireTap.AskerOf(path) is not { } party)
        {
            return await base.SendAsync(request, cancellationToken);
        }

        var body = request.Content is null ? [] : await request.Content.ReadAsByteArrayAsync(cancellationToken);
        var headers = WireTap.Note(name => Value(request, name), Value(request, "Authorization"));
        var exchange = log.Begin(party, Party.Gateway, request.Method.Method, path, headers, body);
        var (status, answer) = (0, Array.Empty<byte>());
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            answer = await response.Content.ReadAsByteArrayAsync(cancellationToken);
            status = (int)response.StatusCode;
            return response;
        }
        finally
        {
            log.End(exchange, status, answer);
        }
    }

    private static string? Value(HttpRequestMessage request, string name) =>
        request.Headers.NonValidated.TryGetValues(name, out var values) ? values.ToString() : null;
}
