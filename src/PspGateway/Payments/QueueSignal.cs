namespace PspGateway.Payments;

/// <summary>Wakes this process' workers when it has just queued something. A poll makes it sure; this makes it fast.</summary>
internal sealed class QueueSignal : IDisposable
{
    private readonly SemaphoreSlim _first = new(0, 1);
    private readonly SemaphoreSlim _second = new(0, 1);

    public void Set()
    {
        Release(_first);
        Release(_second);
    }

    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _first.WaitAsync(atMost, cancellationToken);

    /// <summary>For two who wait for the same news, each told of it.</summary>
    public Task WaitAsync(bool second, TimeSpan atMost, CancellationToken cancellationToken) => (second ? _second : _first).WaitAsync(atMost, cancellationToken);

    public void Dispose()
    {
        _first.Dispose();
        _second.Dispose();
    }

    private static void Release(SemaphoreSlim semaphore)
    {
        try
        {
            semaphore.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already set: whoever waits will look once, and find both.
        }
    }
}
