namespace PspGateway.Payments;

/// <summary>Refusals that were said and are not stored yet, where they outlive the process that said them. Nothing here takes longer than a moment, or throws where it does not say so.</summary>
internal interface IKeptRefusals
{
    /// <summary>One that is kept already stays as it is.</summary>
    /// <param name="within">How long an answer waits for it.</param>
    Task KeepAsync(LateRefusal refusal, TimeSpan within);

    /// <summary>True too where that cannot be told.</summary>
    Task<bool> HoldsAsync(RefusalKey key);

    /// <summary>It is stored. Where its file cannot be removed it counts as gone all the same, for this process.</summary>
    Task RemoveAsync(RefusalKey key);

    /// <summary>Those that may not be stored; null when they cannot be listed now.</summary>
    Task<IReadOnlyList<RefusalKey>?> ListAsync();

    /// <summary>Null: it is gone.</summary>
    /// <param name="seenAt">When it was there already, a timestamp of this process' clock: said then at the latest, if nothing better is known.</param>
    /// <exception cref="Exception">It cannot be read now, or ever.</exception>
    Task<LateRefusal?> FindAsync(RefusalKey key, long seenAt);
}
