using System.Text;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;
using PspGateway.Simulator.Books;
using PspGateway.Simulator.Control;

namespace PspGateway.Simulator.Vipps;

/// <summary>What every call to Vipps passes: faults ordered by tests, the headers, the log of received calls.</summary>
internal sealed partial class VippsDoor(
    AccessTokens tokens, RequestLog log, EntryLog books, VippsFaults faults, TimeProvider time, IOptions<SimulatorOptions> options,
    IHostApplicationLifetime lifetime)
{
    public async Task ServeAsync(HttpContext context, string name, Func<string, byte[], Answer> work, bool isAccessToken = false)
    {
        var at = time.GetUtcNow();
        var body = await Wire.ReadBodyAsync(context.Request, context.RequestAborted);
        if (body is null)
        {
            context.Response.StatusCode = StatusCodes.Status413PayloadTooLarge;
            return;
        }

        var fault = faults.Take(name, () => context.Request.Path + " " + Encoding.UTF8.GetString(body));
        await PauseAsync(fault?.Delay);
        var answer = fault?.Instead ?? Work(context.Request, body, work, isAccessToken);
        await PauseAsync(fault?.AnswerDelay);
        answer = answer with { Break = fault?.Break ?? answer.Break };
        log.Add(at, context.Request, answer.SeenStatus, body);
        await books.WrittenAsync();
        await answer.WriteAsync(context, lifetime.ApplicationStopping);
    }

    private Answer Work(HttpRequest request, byte[] body, Func<string, byte[], Answer> work, bool isAccessToken)
    {
        if (isAccessToken)
        {
            return work("", body);
        }

        if (!IsAuthorized(request))
        {
            return Answer.Empty(StatusCodes.Status401Unauthorized);
        }

        var msn = request.Headers["Merchant-Serial-Number"].ToString();
        if (!SerialNumber().IsMatch(msn))
        {
            return VippsErrors.One(StatusCodes.Status400BadRequest, "21", "Merchant not available or active");
        }

        var pspId = request.Headers["Psp-Id"].ToString();
        if (pspId.Length == 0)
        {
            return VippsErrors.One(StatusCodes.Status400BadRequest, "51", "Invalid request: Psp-Id is missing");
        }

        if (!string.Equals(pspId, options.Value.PspId, StringComparison.OrdinalIgnoreCase) || !options.Value.KnowsMerchant(msn))
        {
            return VippsErrors.One(StatusCodes.Status400BadRequest, "37", $"Invalid MSN: {msn} is not valid for the provided PSP id");
        }

        foreach (var header in request.Headers.Where(header => header.Key.StartsWith("Vipps-System-", StringComparison.OrdinalIgnoreCase)))
        {
            if (header.Value.ToString().Length > 30)
            {
                return VippsErrors.One(StatusCodes.Status400BadRequest, "51",
                    $"Invalid request: {header.Key} is longer than 30 characters");
            }
        }

        return work(msn, body);
    }

    // "Bearer" with a capital B: Vipps answers 401 to anything else.
    private bool IsAuthorized(HttpRequest request)
    {
        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith("Bearer ", StringComparison.Ordinal) && tokens.IsValid(authorization["Bearer ".Length..])
            && request.Headers["Ocp-Apim-Subscription-Key"] == options.Value.SubscriptionKey;
    }

    private async Task PauseAsync(TimeSpan? pause)
    {
        if (pause > TimeSpan.Zero)
        {
            await Task.Delay(pause.Value, time, lifetime.ApplicationStopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [GeneratedRegex("^[0-9]{4,10}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex SerialNumber();
}
