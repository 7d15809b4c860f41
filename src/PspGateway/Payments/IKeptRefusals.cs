namespace PspGateway.Payments;

/// <summary>Refusals that were said and are not stored yet, where they outlive the process that said them.</summary>
internal interface IKeptRefusals
{
    /// <summary>Never throws, and takes so long at most that an answer may wait for it. One that is kept already stays as it is.</summary>
    Task KeepAsync(LateRefusal refusal);

    bool Holds(RefusalKey key);

    void Remove(RefusalKey key);

    IReadOnlyList<RefusalKey> List();

    /// <summary>Null: it is gone, or cannot be read and was set aside with an alert.</summary>
    /// <exception cref="IOException">It cannot be read now.</exception>
    Task<LateRefusal?> FindAsync(RefusalKey key, CancellationToken cancellationToken);
}
