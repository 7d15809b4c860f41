namespace PspGateway.Payments;

/// <summary>One request's clocks, from its first byte, on this process' monotonic clock.</summary>
internal sealed class AnswerDeadline(TimeProvider time, long firstByte, DeadlineOptions options)
{
    /// <summary>How long the answer stays open.</summary>
    public TimeSpan UntilStopWaiting => Until(options.StopWaiting);

    /// <summary>How long an OK may still leave.</summary>
    public TimeSpan UntilAnswerBy => Until(options.AnswerBy);

    /// <summary>
    /// How long a repeat waits for the call that was accepted: that one may be answered OK in the last moment, when its late FAIL finds one stored
    /// (ENGINE 8), and a repeat's FAIL must not be at the wallet before it.
    /// </summary>
    public TimeSpan UntilRepeatsGiveUp => Until(TimeSpan.FromTicks(Math.Min((options.StopWaiting + options.LateWrite + options.AnswerBy).Ticks / 2, options.AnswerBy.Ticks)));

    public bool IsOpen => UntilStopWaiting > TimeSpan.Zero;

    /// <summary>True when it came to its end, well or not, while the answer was open.</summary>
    public Task<bool> CompletesAsync(Task task) => CompletesAsync(task, UntilStopWaiting);

    /// <summary>True when it came to its end, well or not, while a repeat may still wait.</summary>
    public Task<bool> CompletesForRepeatAsync(Task task) => CompletesAsync(task, UntilRepeatsGiveUp);

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
