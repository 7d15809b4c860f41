namespace PspGateway.Tests.Simulation;

/// <content>The replicas: how they live, and how they are killed.</content>
internal sealed partial class SimulatedRun
{
    private void StartReplica(int slot)
    {
        var life = _lives[slot]++;
        var replica = new Replica(
            $"replica {slot}.{life}",
            _scheduler,
            _model,
            _kept,
            _trouble,
            process => new SimulatedAcquirer(_acquirer, _scheduler, process, _refused, _lost),
            _scheduler.Chance(0.3) ? TimeSpan.FromMinutes(_scheduler.Below(21) - 10) : TimeSpan.Zero);
        _replicas[slot] = replica;
        if (life >= 2 || _scheduler.Chance(0.4))
        {
            return;
        }

        // Faults come before a continuation, so that any place between two waits may be the last.
        var left = 4 + _scheduler.Below(156);
        var kill = _scheduler.Chance(0.6);
        replica.Process.BeforeEach = process =>
        {
            if (--left != 0)
            {
                return;
            }

            if (kill)
            {
                Kill(slot);
            }
            else
            {
                replica.StopFor(_scheduler.Between(0.2, 70));
                QuietFrom(_scheduler.Elapsed + TimeSpan.FromSeconds(71));
            }
        };
    }

    private void Kill(int slot)
    {
        if (_replicas[slot] is not { } replica)
        {
            return;
        }

        _kills++;
        replica.Process.Kill();
        _replicas[slot] = null;
        if (_forgets)
        {
            _kept.Files.Clear();
        }

        _scheduler.Tell($"replica {slot} is killed");
        var back = _scheduler.Between(1, 20);
        QuietFrom(_scheduler.Elapsed + back);
        _scheduler.After(back, () => StartReplica(slot));
    }
}
