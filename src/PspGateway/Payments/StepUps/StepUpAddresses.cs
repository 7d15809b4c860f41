namespace PspGateway.Payments.StepUps;

/// <summary>Where the wallet wants the customer to go when the step-up is over, byte for byte as it said.</summary>
internal sealed record StepUpAddresses(string Success, string Cancel, string Failure)
{
    private const int Longest = 2048;

    /// <summary>
    /// ENGINE 23: https, or http on this machine; a host that is allowed or a subdomain of one. Whoever could name any other would have an open
    /// redirect of ours.
    /// </summary>
    public bool AreUsable(IReadOnlyList<string> hosts) => new[] { Success, Cancel, Failure }.All(address => IsUsable(address, hosts));

    private static bool IsUsable(string address, IReadOnlyList<string> hosts) =>
        address.Length <= Longest
        && address.All(c => c is > ' ' and <= '~' and not '\\')
        && Uri.TryCreate(address, UriKind.Absolute, out var uri)
        && (uri.Scheme == Uri.UriSchemeHttps || (uri.Scheme == Uri.UriSchemeHttp && uri.IsLoopback))
        && uri.UserInfo.Length == 0
        && hosts.Any(host => uri.Host.Equals(host, StringComparison.OrdinalIgnoreCase) || uri.Host.EndsWith($".{host}", StringComparison.OrdinalIgnoreCase));

    public override string ToString() => "****";
}
