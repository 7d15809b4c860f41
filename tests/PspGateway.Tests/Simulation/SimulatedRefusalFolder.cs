using PspGateway.Payments;

namespace PspGateway.Tests.Simulation;

/// <summary>The files in the folder that the replicas share: what is in it outlives the process that put it there.</summary>
internal sealed class SharedFiles
{
    public Dictionary<RefusalKey, LateRefusal> Files { get; } = [];

    /// <summary>Payments of which one was read where its time means nothing.</summary>
    public HashSet<Guid> ReadElsewhere { get; } = [];
}

/// <summary>A process' view of the folder. Some look at it from another machine.</summary>
internal sealed class SimulatedRefusalFolder(SharedFiles shared, Scheduler scheduler, SimulatedProcess process, bool elsewhere) : IKeptRefusals
{
    public Task KeepAsync(LateRefusal refusal, TimeSpan within)
    {
        var written = new TaskCompletionSource();
        scheduler.After(scheduler.Between(0.0001, 0.02), () =>
        {
            // What a process was writing when it was killed may be whole by then.
            if (process.Alive || scheduler.Chance(0.5))
            {
                shared.Files.TryAdd(refusal.Key, refusal);
            }

            written.SetResult();
        });
        return written.Task;
    }

    public Task<bool> HoldsAsync(RefusalKey key) => Task.FromResult(shared.Files.ContainsKey(key));

    public Task RemoveAsync(RefusalKey key)
    {
        shared.Files.Remove(key);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<RefusalKey>?> ListAsync() => Task.FromResult<IReadOnlyList<RefusalKey>?>([.. shared.Files.Keys]);

    public Task<LateRefusal?> FindAsync(RefusalKey key, long seenAt)
    {
        var found = shared.Files.GetValueOrDefault(key);
        if (!elsewhere || found is null)
        {
            return Task.FromResult(found);
        }

        shared.ReadElsewhere.Add(key.PaymentId);
        return Task.FromResult<LateRefusal?>(found with { SaidAt = seenAt });
    }
}
