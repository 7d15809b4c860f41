using System.Collections.Concurrent;
using System.Diagnostics;

namespace PspGateway.Bench.Load;

/// <summary>How much is sent at once, and how long the acquirer takes.</summary>
internal sealed record Cell(int Width, TimeSpan AcquirerDelay, int Payments);

/// <summary>What one cell cost one target. Latencies in milliseconds; per payment unless the name says otherwise.</summary>
internal sealed record Figures
{
    public required double CreatedPerSecond { get; init; }

    public required double PerSecond { get; init; }

    public required double P50 { get; init; }

    public required double P99 { get; init; }

    public required double CpuMs { get; init; }

    public required double ServerCpuMs { get; init; }

    public required double AllocatedKb { get; init; }

    public required double Commits { get; init; }

    public required double Writes { get; init; }

    public required double MemoryMb { get; init; }
}

/// <summary>Creates the payments, lets them wait, then pays them, <see cref="Cell.Width"/> at a time, each worker one after the other.</summary>
internal static class Measurement
{
    private const int CreateWidth = 16;
    private static readonly TimeSpan SettleWithin = TimeSpan.FromSeconds(60);

    public static async Task<Figures> RunAsync(Target target, Shop shop, Counterparties counterparties, Cell cell)
    {
        counterparties.AcquirerDelay = cell.AcquirerDelay;
        var waiting = new ConcurrentQueue<WaitingPayment>();
        var creating = Stopwatch.GetTimestamp();
        await TogetherAsync(cell.Payments, CreateWidth, async _ => waiting.Enqueue(await shop.CreateAsync()));
        var created = Stopwatch.GetElapsedTime(creating);

        var (reported, authorised) = (counterparties.Reported, counterparties.Authorisations);
        var before = await target.UsageAsync();
        var latencies = new double[cell.Payments];
        var started = Stopwatch.GetTimestamp();
        await TogetherAsync(cell.Payments, cell.Width, async i =>
        {
            waiting.TryDequeue(out var payment);
            var sent = Stopwatch.GetTimestamp();
            await shop.PayAsync(payment!);
            latencies[i] = Stopwatch.GetElapsedTime(sent).TotalMilliseconds;
        });
        var elapsed = Stopwatch.GetElapsedTime(started);

        // What is done after the answer belongs to the payment too.
        await SettleAsync(() => counterparties.Reported - reported >= cell.Payments);
        var after = await target.UsageAsync();
        if (counterparties.Reported - reported != cell.Payments || counterparties.Authorisations - authorised != cell.Payments)
        {
            throw new InvalidOperationException(
                $"{target.Name}: {cell.Payments} payments, {counterparties.Authorisations - authorised} authorisations, {counterparties.Reported - reported} reports.");
        }

        Array.Sort(latencies);
        return new Figures
        {
            CreatedPerSecond = cell.Payments / created.TotalSeconds,
            PerSecond = cell.Payments / elapsed.TotalSeconds,
            P50 = latencies[cell.Payments / 2],
            P99 = latencies[Math.Min(cell.Payments - 1, cell.Payments * 99 / 100)],
            CpuMs = (after.Cpu - before.Cpu).TotalMilliseconds / cell.Payments,
            ServerCpuMs = (after.ServerCpu - before.ServerCpu).TotalMilliseconds / cell.Payments,
            AllocatedKb = (after.Allocated - before.Allocated) / 1024.0 / cell.Payments,
            Commits = (double)(after.Commits - before.Commits) / cell.Payments,
            Writes = (double)(after.Writes - before.Writes) / cell.Payments,
            MemoryMb = target.Memory() / 1024.0 / 1024.0,
        };
    }

    /// <summary>Each metric's median over the rounds.</summary>
    public static Figures Median(IReadOnlyList<Figures> rounds)
    {
        double Of(Func<Figures, double> metric) => rounds.Select(metric).Order().ElementAt(rounds.Count / 2);
        return new Figures
        {
            CreatedPerSecond = Of(f => f.CreatedPerSecond),
            PerSecond = Of(f => f.PerSecond),
            P50 = Of(f => f.P50),
            P99 = Of(f => f.P99),
            CpuMs = Of(f => f.CpuMs),
            ServerCpuMs = Of(f => f.ServerCpuMs),
            AllocatedKb = Of(f => f.AllocatedKb),
            Commits = Of(f => f.Commits),
            Writes = Of(f => f.Writes),
            MemoryMb = Of(f => f.MemoryMb),
        };
    }

    private static async Task TogetherAsync(int count, int width, Func<int, Task> one)
    {
        var next = -1;
        await Task.WhenAll(Enumerable.Range(0, width).Select(_ => Task.Run(async () =>
        {
            while (Interlocked.Increment(ref next) is var i && i < count)
            {
                await one(i);
            }
        })));
    }

    private static async Task SettleAsync(Func<bool> done)
    {
        var started = Stopwatch.GetTimestamp();
        while (!done() && Stopwatch.GetElapsedTime(started) < SettleWithin)
        {
            await Task.Delay(50);
        }
    }
}
