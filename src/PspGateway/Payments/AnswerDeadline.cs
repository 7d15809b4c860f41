namespace PspGateway.Payments;

/// <summary>One request's clocks, from its first byte, on this process' monotonic clock.</summary>
internal sealed class AnswerDeadline(TimeProvider time, long firstByte, DeadlineOptions options)
{
    /// <summary>How long the answer stays open.</summary>
    public TimeSpan UntilStopWaiting => Until(options.StopWaiting);

    /// <summary>How long an OK may still leave.</summary>
    public TimeSpan UntilAnswerBy => Until(options.AnswerBy);

    public bool IsOpen => UntilStopWaiting > TimeSpan.Zero;

    /// <summary>True when it came to its end, well or not, while the answer was open.</summary>
    public async Task<bool> CompletesAsync(Task task)
    {
        await task.WaitAsync(UntilStopWaiting, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return task.IsCompleted;
    }

    private TimeSpan Until(TimeSpan limit)
    {
        var left = limit - time.GetElapsedTime(firstByte);
        PlantedBug.OkAfterTheDeadline(ref left);
        return left > TimeSpan.Zero ? left : TimeSpan.Zero;
    }
}
