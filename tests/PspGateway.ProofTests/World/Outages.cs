using PspGateway.ProofTests.Books;

namespace PspGateway.ProofTests.World;

/// <summary>When a process was dead or frozen: whoever it owed an answer then may not have got it. A database or a network that is away is no excuse.</summary>
internal sealed class Outages
{
    private readonly Lock _gate = new();
    private readonly List<(long From, long Until)> _outages = [];

    public async Task DuringAsync(Func<Task> outage)
    {
        int index;
        lock (_gate)
        {
            index = _outages.Count;
            _outages.Add((TimeProvider.System.GetTimestamp(), long.MaxValue));
        }

        await outage();
        lock (_gate)
        {
            _outages[index] = (_outages[index].From, TimeProvider.System.GetTimestamp());
        }
    }

    public Call Excuse(Call call)
    {
        var now = TimeProvider.System.GetTimestamp();
        var from = now - (long)((call.ElapsedMs + 100) / 1000 * TimeProvider.System.TimestampFrequency);
        lock (_gate)
        {
            return call with { NoAnswerPromised = call.NoAnswerPromised || _outages.Exists(o => o.From <= now && o.Until >= from) };
        }
    }
}
