using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace PspGateway.Merchants.Webhooks;

/// <summary>An endpoint may not be called: its address is not public.</summary>
internal sealed class ForbiddenAddressException(string host) : IOException($"{host} has an address that is not public.");

/// <summary>
/// Which addresses merchants may send us to. Looked at when an endpoint is registered, for a clear answer, and again at each connection,
/// to the very address that is connected to: names may change what they mean.
/// </summary>
internal sealed class WebhookAddress(IOptions<WebhookOptions> options)
{
    private static readonly TimeSpan ResolveWithin = TimeSpan.FromSeconds(2);
    private readonly IReadOnlyList<IPNetwork> _allowed = options.Value.Networks;

    /// <summary>What is wrong with an endpoint's address; null when nothing is. A name that does not resolve now may later.</summary>
    public async Task<string?> ProblemOfAsync(string url, CancellationToken cancellationToken)
    {
        if (url.Length > 1024 || !url.All(c => c is > ' ' and <= '~') || !Uri.TryCreate(url, UriKind.Absolute, out var address) || address.Host.Length == 0 || address.Fragment.Length > 0)
        {
            return "must be an absolute address of at most 1024 characters, without a fragment";
        }

        if (address.UserInfo.Length > 0)
        {
            return "must carry no user name or password";
        }

        if (address.Scheme is not ("https" or "http"))
        {
            return "must be https";
        }

        var found = await ResolveAsync(address, cancellationToken);
        if (found.Any(a => !MayCall(a)) || (IsOfThisNetwork(address.DnsSafeHost) && !(found.Count > 0 && found.All(IsAllowedNetwork))))
        {
            return "must lead to a public address";
        }

        return address.Scheme == "https" || (found.Count > 0 && found.All(IsAllowedNetwork)) ? null : "must be https";
    }

    /// <summary>Connects to the first address of the host that answers, none of which may be one that is not public.</summary>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await Dns.GetHostAddressesAsync(host, cancellationToken);
        if (addresses.Length == 0 || !addresses.All(MayCall) || (context.InitialRequestMessage.RequestUri?.Scheme != "https" && !addresses.All(IsAllowedNetwork)))
        {
            throw new ForbiddenAddressException(host);
        }

        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<IReadOnlyList<IPAddress>> ResolveAsync(Uri address, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(address.DnsSafeHost, out var literal))
        {
            return [literal];
        }

        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(ResolveWithin);
        try
        {
            return await Dns.GetHostAddressesAsync(address.DnsSafeHost, limit.Token);
        }
        catch (Exception exception) when (exception is SocketException or OperationCanceledException or ArgumentException)
        {
            cancellationToken.ThrowIfCancellationRequested();
            return [];
        }
    }

    /// <summary>Names that never mean anything public (RFC 6761, RFC 6762, and ICANN's .internal), whether they resolve here or not.</summary>
    private static bool IsOfThisNetwork(string host)
    {
        var last = host.TrimEnd('.').Split('.')[^1].ToUpperInvariant();
        return last is "LOCALHOST" or "LOCAL" or "INTERNAL";
    }

    private bool MayCall(IPAddress address) => PublicAddress.Is(address) || IsAllowedNetwork(address);

    private bool IsAllowedNetwork(IPAddress address) => _allowed.Any(network => network.Contains(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address));
}
