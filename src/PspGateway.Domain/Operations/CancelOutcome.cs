namespace PspGateway.Domain.Operations;

/// <summary>What an acquirer may say to a cancel.</summary>
public abstract record CancelOutcome
{
    private CancelOutcome()
    {
    }

    /// <summary>Taken for work; the effect is told by notification.</summary>
    public sealed record Received : CancelOutcome;

    /// <summary>Refused: the same request would be refused again.</summary>
    public sealed record Refused(string Why) : CancelOutcome;

    /// <summary>No answer, or none that says anything.</summary>
    public sealed record Unknown(string Why) : CancelOutcome;
}
