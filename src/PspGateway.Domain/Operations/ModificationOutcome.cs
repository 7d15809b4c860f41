namespace PspGateway.Domain.Operations;

/// <summary>What an acquirer may say to a capture, a refund, or a cancel of what is not captured.</summary>
public abstract record ModificationOutcome
{
    private ModificationOutcome()
    {
    }

    /// <summary>Taken for work under the acquirer's own reference; whether it is done is told by notification.</summary>
    public sealed record Received(string AcquirerReference) : ModificationOutcome;

    /// <summary>Refused on its first try: nothing was done, and the same request would be refused again.</summary>
    public sealed record Refused(string Why) : ModificationOutcome;

    /// <summary>It surely did nothing: no connection opened, or the acquirer turned it away before it looked at it.</summary>
    public sealed record NotSent(string Why) : ModificationOutcome;

    /// <summary>It may have been done. Never treated as refused.</summary>
    public sealed record Unknown(string Why) : ModificationOutcome;
}
