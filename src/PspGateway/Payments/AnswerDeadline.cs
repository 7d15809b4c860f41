namespace PspGateway.Payments;

/// <summary>One request's clocks, from its first byte, on this process' monotonic clock.</summary>
internal sealed class AnswerDeadline(TimeProvider time, long firstByte, DeadlineOptions options)
{
    private static readonly TimeSpan AgainAfter = TimeSpan.FromMilliseconds(100);

    /// <summary>One on a connection that went silent is not waited for longer; the next has another.</summary>
    private static readonly TimeSpan AttemptFor = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan MostForAFile = TimeSpan.FromMilliseconds(150);
    private static readonly TimeSpan GiveUpAfter = TimeSpan.FromMilliseconds(10);

    /// <summary>How long the answer stays open.</summary>
    public TimeSpan UntilStopWaiting => Until(options.StopWaiting);

    /// <summary>How long a late FAIL may still be written.</summary>
    public TimeSpan UntilLastLook => Until(options.LastLook);

    /// <summary>
    /// How long an OK may still leave, and therefore how long a repeat waits for one: its FAIL is not at the wallet before an OK of the last moment,
    /// and no OK leaves after it.
    /// </summary>
    public TimeSpan UntilLastOk => Until(options.LastOk);

    /// <summary>How long an answer that is ready waits for a file that keeps it: a disk that is slow must not make it late.</summary>
    public TimeSpan ForAFile => Until(options.AnswerBy) / 2 is var half && half < MostForAFile ? half : MostForAFile;

    /// <summary>The answer must have left by now.</summary>
    public bool IsOver => Until(options.AnswerBy) == TimeSpan.Zero;

    public bool IsOpen => UntilStopWaiting > TimeSpan.Zero;

    /// <summary>True when it came to its end, well or not, while the answer was open.</summary>
    public Task<bool> CompletesAsync(Task task) => CompletesAsync(task, UntilStopWaiting);

    /// <summary>True when it came to its end, well or not, while a repeat may still wait.</summary>
    public Task<bool> CompletesForRepeatAsync(Task task) => CompletesAsync(task, UntilLastOk);

    /// <summary>Again and again while a FAIL may still be stored before it is said, whatever goes wrong: each attempt must be one that can be made twice.</summary>
    /// <param name="attempt">Is given up when its token is cancelled.</param>
    /// <param name="onWait">Told why the first attempt failed, if there is time for another.</param>
    /// <exception cref="Exception">What the last attempt threw; TimeoutException where it did not end.</exception>
    public async Task<T> PatientlyAsync<T>(Func<CancellationToken, Task<T>> attempt, Action<Exception> onWait)
    {
        for (var tries = 0; ; tries++)
        {
            var within = UntilLastLook < AttemptFor ? UntilLastLook : AttemptFor;
            try
            {
                return await WithinAsync(attempt, within);
            }
            catch (Exception exception) when (UntilLastLook > AgainAfter)
            {
                if (tries == 0)
                {
                    onWait(exception);
                }

                await Task.Delay(AgainAfter, time);
            }
        }
    }

    /// <summary>
    /// Waits no longer than that. The attempt is given up afterwards: on a line that went silent that can take a while itself, and nobody waits for it.
    /// </summary>
    /// <exception cref="TimeoutException">It did not end.</exception>
    public Task<T> WithinAsync<T>(Func<CancellationToken, Task<T>> attempt, TimeSpan within)
    {
        var limit = new CancellationTokenSource(within + GiveUpAfter, time);
        var running = attempt(limit.Token);
        _ = running.ContinueWith(_ => limit.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return running.WaitAsync(within, time);
    }

    private async Task<bool> CompletesAsync(Task task, TimeSpan within)
    {
        await task.WaitAsync(within, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return task.IsCompleted;
    }

    private TimeSpan Until(TimeSpan limit)
    {
        var left = limit - time.GetElapsedTime(firstByte);
        PlantedBug.OkAfterTheDeadline(ref left);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
