using System.Security.Cryptography;
using System.Text;

namespace PspGateway.Tests.Simulation;

/// <summary>
/// Everything that happens in one simulated run, one thing at a time on one thread, in an order that the seed decides: which process goes on,
/// which of its continuations, how long each message takes. Time passes only when nobody has anything to do. The same seed gives the same run.
/// </summary>
internal sealed class Scheduler(int seed)
{
    private readonly PriorityQueue<Action, (long Due, long Order)> _timers = new();
    private readonly List<SimulatedProcess> _processes = [];
    private readonly IncrementalHash _story = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly List<string>? _lines = Environment.GetEnvironmentVariable("SIMULATION_STORY") is null ? null : [];
    private ulong _dice = (ulong)seed * 0x9E3779B97F4A7C15;
    private readonly int _thread = Environment.CurrentManagedThreadId;
    private long _order;

    /// <summary>Since the start, in ticks.</summary>
    public long Now { get; private set; }

    /// <summary>Continuations run so far.</summary>
    public int Steps { get; private set; }

    public TimeSpan Elapsed => TimeSpan.FromTicks(Now);

    /// <summary>A wait that goes on by another thread would go on at another moment in each run.</summary>
    public void AssertOwnThread() => Assert.Equal(_thread, Environment.CurrentManagedThreadId);

    public void Add(SimulatedProcess process) => _processes.Add(process);

    public void After(TimeSpan delay, Action action) => _timers.Enqueue(action, (Now + Math.Max(delay.Ticks, 0), _order++));

    /// <summary>A line of the run's story, which two runs of one seed must share.</summary>
    public void Tell(string line)
    {
        _lines?.Add($"{Elapsed.TotalSeconds,9:0.000} {line}");
        _story.AppendData(Encoding.UTF8.GetBytes($"{Now} {line}\n"));
    }

    public string StoryHash() => Convert.ToHexString(_story.GetCurrentHash());

    public string Story() => _lines is null ? $"seed {seed} (set SIMULATION_STORY=1 for its story)" : string.Join('\n', _lines);

    public int Below(int limit) => (int)(Next() % (ulong)limit);

    public bool Chance(double probability) => Fraction() < probability;

    public TimeSpan Between(double fromSeconds, double toSeconds) => TimeSpan.FromSeconds(fromSeconds + ((toSeconds - fromSeconds) * Fraction()));

    /// <summary>Runs until nothing is left to happen, or the limit is reached.</summary>
    public void Run(TimeSpan until)
    {
        while (true)
        {
            var ready = _processes.Where(p => p.IsReady).ToList();
            if (ready.Count > 0)
            {
                Steps++;
                ready[Below(ready.Count)].RunOne();
            }
            else if (_timers.TryDequeue(out var action, out var at))
            {
                if (at.Due > until.Ticks)
                {
                    return;
                }

                Now = Math.Max(Now, at.Due);
                action();
            }
            else
            {
                return;
            }
        }
    }

    private double Fraction() => (Next() >> 11) * (1.0 / (1UL << 53));

    /// <summary>SplitMix64 (Steele, Lea, Flood 2014): the same numbers from the same seed, whatever the runtime.</summary>
    private ulong Next()
    {
        var z = _dice += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}

/// <summary>One process of ours: its continuations, its clock. Killed, it never does anything again; stopped, it goes on later as if nothing had been.</summary>
internal sealed class SimulatedProcess(string name, Scheduler scheduler, TimeSpan wallClockOff) : SynchronizationContext
{
    private readonly List<(SendOrPostCallback Callback, object? State)> _ready = [];

    public string Name => name;

    public bool Alive { get; private set; } = true;

    public bool Stopped { get; private set; }

    public bool IsReady => Alive && !Stopped && _ready.Count > 0;

    public TimeProvider Clock => field ??= new ProcessClock(this, scheduler, wallClockOff);

    /// <summary>Called before each continuation: the place where faults are put.</summary>
    public Action<SimulatedProcess>? BeforeEach { get; set; }

    public void Kill()
    {
        Alive = false;
        _ready.Clear();
    }

    public void Stop() => Stopped = true;

    public void Continue() => Stopped = false;

    public void Start(Func<Task> work) => Post(state => _ = ((Func<Task>)state!)(), work);

    public override void Post(SendOrPostCallback d, object? state)
    {
        scheduler.AssertOwnThread();
        if (Alive)
        {
            _ready.Add((d, state));
        }
    }

    public override SynchronizationContext CreateCopy() => this;

    public void RunOne()
    {
        BeforeEach?.Invoke(this);
        if (!IsReady)
        {
            return;
        }

        // A thread pool promises no order.
        var at = scheduler.Below(_ready.Count);
        var (callback, state) = _ready[at];
        _ready.RemoveAt(at);
        var before = Current;
        SetSynchronizationContext(this);
        try
        {
            callback(state);
        }
        finally
        {
            SetSynchronizationContext(before);
        }
    }
}

/// <summary>A process' clocks: the monotonic one is everybody's, the wall's may be wrong.</summary>
internal sealed class ProcessClock(SimulatedProcess process, Scheduler scheduler, TimeSpan off) : TimeProvider
{
    public static readonly DateTimeOffset Start = new(2026, 3, 4, 5, 6, 7, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => scheduler.Now;

    public override DateTimeOffset GetUtcNow() => Start + scheduler.Elapsed + off;

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new ProcessTimer(process, scheduler, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    private sealed class ProcessTimer(SimulatedProcess process, Scheduler scheduler, TimerCallback callback, object? state) : ITimer
    {
        private int _version;

        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            Assert.True(period == Timeout.InfiniteTimeSpan || period == TimeSpan.Zero, "Periodic timers are not simulated.");
            var version = ++_version;
            if (dueTime != Timeout.InfiniteTimeSpan)
            {
                scheduler.After(dueTime, () => process.Post(_ => Fire(version), null));
            }

            return true;
        }

        public void Dispose() => _version++;

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }

        private void Fire(int version)
        {
            if (version == _version)
            {
                callback(state);
            }
        }
    }
}
