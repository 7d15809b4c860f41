namespace PspGateway.Payments;

/// <summary>Wakes this process' workers when it has just queued something. A poll makes it sure; this makes it fast.</summary>
internal sealed class QueueSignal : IDisposable
{
    private readonly SemaphoreSlim _semaphore = new(0, 1);

    public void Set()
    {
        try
        {
            _semaphore.Release();
        }
        catch (SemaphoreFullException)
        {
            // Already set: whoever waits will look once, and find both.
        }
    }

    public Task WaitAsync(TimeSpan atMost, CancellationToken cancellationToken) => _semaphore.WaitAsync(atMost, cancellationToken);

    public void Dispose() => _semaphore.Dispose();
}
