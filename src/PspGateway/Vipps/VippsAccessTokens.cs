using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Microsoft.Extensions.Options;
using PspGateway.Payments.Telemetry;
using PspGateway.Vipps.Wire;

namespace PspGateway.Vipps;

/// <summary>
/// The PSP's access token: kept for its life, refreshed at four fifths of it by one caller while the others go on with the old one, and
/// fetched anew once when Vipps says 401. Measured on the monotonic clock, so that a wrong wall clock does no harm.
/// </summary>
internal sealed partial class VippsAccessTokens(IHttpClientFactory clients, IOptions<VippsOptions> options, TimeProvider time, ILogger<VippsAccessTokens> logger) : IDisposable
{
    private const long MostSeconds = 24 * 60 * 60;
    private readonly SemaphoreSlim _gate = new(1, 1);
    private volatile Issued? _current;

    /// <exception cref="HttpRequestException">Vipps gave none, and there is no older one that is still valid.</exception>
    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        var current = _current;
        if (current is not null && time.GetElapsedTime(current.At) < current.RefreshAfter)
        {
            return current.Token;
        }

        var valid = current is not null && time.GetElapsedTime(current.At) < current.Life;
        if (!await _gate.WaitAsync(valid ? TimeSpan.Zero : Timeout.InfiniteTimeSpan, cancellationToken))
        {
            return current?.Token ?? throw new InvalidOperationException("Unreachable: only a holder of a valid token does not wait.");
        }

        try
        {
            if (!ReferenceEquals(_current, current) && _current is { } fresh)
            {
                return fresh.Token;
            }

            try
            {
                return (_current = await FetchAsync(cancellationToken)).Token;
            }
            catch (Exception exception) when (valid && current is not null && exception is HttpRequestException or SocketException or JsonException or OperationCanceledException)
            {
                LogRefreshFailed(exception);
                return current.Token;
            }
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Vipps refused the token: the next caller fetches another, unless somebody has already.</summary>
    public void Drop(string token)
    {
        if (_current is { } current && current.Token == token)
        {
            _current = null;
        }
    }

    public void Dispose() => _gate.Dispose();

    private async Task<Issued> FetchAsync(CancellationToken cancellationToken)
    {
        using var call = CounterpartyCall.Begin(CounterpartyCall.Vipps, "access_token");
        var at = time.GetTimestamp();
        using var request = new HttpRequestMessage(HttpMethod.Post, options.Value.Address("/accesstoken/get"));
        request.Headers.TryAddWithoutValidation("client_id", options.Value.ClientId);
        request.Headers.TryAddWithoutValidation("client_secret", options.Value.ClientSecret);
        VippsHeaders.AddCommon(request, options.Value);
        request.Content = new ByteArrayContent([]);
        Failpoint.Here("vipps-token.before-send");
        using var response = await clients.CreateClient(VippsRegistration.HttpClientName).SendAsync(request, cancellationToken);
        Failpoint.Here("vipps-token.after-answer");
        call.Ended((int)response.StatusCode);
        if (response.StatusCode != HttpStatusCode.OK)
        {
            throw new HttpRequestException($"Vipps gave no access token: HTTP {(int)response.StatusCode}.", null, response.StatusCode);
        }

        var answer = JsonSerializer.Deserialize(await response.Content.ReadAsByteArrayAsync(cancellationToken), VippsJson.Default.AccessTokenResponse);
        if (answer is not { AccessToken: { Length: > 0 } token, ExpiresIn: > 0 and { } seconds } || !token.All(c => c is > ' ' and <= '~'))
        {
            throw new HttpRequestException("Vipps' access token answer has no token that can be sent, or no life.");
        }

        LogFetched(seconds);
        return new Issued(token, at, TimeSpan.FromSeconds(Math.Min(seconds, MostSeconds)));
    }

    private sealed class Issued(string token, long at, TimeSpan life)
    {
        public string Token { get; } = token;

        public long At { get; } = at;

        public TimeSpan Life { get; } = life;

        public TimeSpan RefreshAfter { get; } = life * 0.8;
    }

    [LoggerMessage(3001, LogLevel.Information, "Fetched an access token from Vipps, valid for {Seconds} s.")]
    private partial void LogFetched(long seconds);

    [LoggerMessage(3002, LogLevel.Warning, "Vipps' access token could not be refreshed early; the old one is still valid.")]
    private partial void LogRefreshFailed(Exception exception);
}
