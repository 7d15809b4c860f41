using PspGateway.Payments;

namespace PspGateway.Tests.Simulation;

/// <summary>The folder that the replicas share: what is in it outlives the process that put it there. Some look at it from another machine.</summary>
internal sealed class SimulatedRefusalFolder(Dictionary<RefusalKey, LateRefusal> files, Scheduler scheduler, SimulatedProcess process, bool elsewhere) : IKeptRefusals
{
    public Task KeepAsync(LateRefusal refusal, TimeSpan within)
    {
        var written = new TaskCompletionSource();
        scheduler.After(scheduler.Between(0.0001, 0.02), () =>
        {
            // What a process was writing when it was killed may be whole by then.
            if (process.Alive || scheduler.Chance(0.5))
            {
                files.TryAdd(refusal.Key, refusal);
            }

            written.SetResult();
        });
        return written.Task;
    }

    public Task<bool> HoldsAsync(RefusalKey key) => Task.FromResult(files.ContainsKey(key));

    public Task RemoveAsync(RefusalKey key)
    {
        files.Remove(key);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<RefusalKey>> ListAsync() => Task.FromResult<IReadOnlyList<RefusalKey>>([.. files.Keys]);

    public Task<LateRefusal?> FindAsync(RefusalKey key, long seenAt) =>
        Task.FromResult(files.GetValueOrDefault(key) is { } found ? found with { SaidAt = elsewhere ? seenAt : found.SaidAt } : null);
}
