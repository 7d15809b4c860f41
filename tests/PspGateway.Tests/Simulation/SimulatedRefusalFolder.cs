using PspGateway.Payments;

namespace PspGateway.Tests.Simulation;

/// <summary>The folder that the replicas share: what is in it outlives the process that put it there.</summary>
internal sealed class SimulatedRefusalFolder(Dictionary<RefusalKey, LateRefusal> files, Scheduler scheduler, SimulatedProcess process) : IKeptRefusals
{
    public Task KeepAsync(LateRefusal refusal)
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

    public bool Holds(RefusalKey key) => files.ContainsKey(key);

    public void Remove(RefusalKey key) => files.Remove(key);

    public IReadOnlyList<RefusalKey> List() => [.. files.Keys];

    public Task<LateRefusal?> FindAsync(RefusalKey key, CancellationToken cancellationToken) => Task.FromResult(files.GetValueOrDefault(key));
}
