using PspGateway.IntegrationTests.World;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Chaotic;

/// <summary>
/// Payments as fast as they go, while replicas are killed and frozen, the database is stopped hard and the network fails on every link. A
/// seed gives the same troubles in the same order; how they meet the payments is up to the machine.
/// </summary>
internal sealed class Chaos(ProofWorld world, Shop shop, int seed, TimeSpan length, int customers)
{
    private readonly Dice _dice = new(seed);
    private readonly Outages _outages = new();
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private int _payments;

    public int Kills { get; private set; }

    public int DatabaseRestarts { get; private set; }

    public int Freezes { get; private set; }

    public int NetworkFaults { get; private set; }

    public int AcquirerFaults { get; private set; }

    public int Payments => _payments;

    private bool Goes => TimeProvider.System.GetElapsedTime(_start) < length;

    public async Task RunAsync()
    {
        var trouble = TroubleAsync();
        await Task.WhenAll(Enumerable.Range(0, customers).Select(CustomerAsync));
        await trouble;
        await HealAsync();
    }

    private async Task CustomerAsync(int number)
    {
        var dice = new Dice(seed * 1000 + number + 1);
        while (Goes)
        {
            var payment = await shop.CreateAsync(AmountOf(dice), Shop.AReference());
            if (payment is null)
            {
                continue;
            }

            Interlocked.Increment(ref _payments);
            await CustomerActsAsync(payment, dice);
        }
    }

    private async Task CustomerActsAsync(string payment, Dice dice)
    {
        switch (dice.Next(100))
        {
            case < 4:
                await Task.WhenAll(shop.PostAsync(payment, mark: _outages.Excuse), RefuseAsync(payment, "USER_CANCEL"));
                break;
            case < 6:
                await RefuseAsync(payment, "USER_CANCEL");
                break;
            case < 9:
                await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => shop.PostAsync(payment, mark: _outages.Excuse)));
                break;
            case < 11:
                // Well before the OK: bytes that cross with a hang-up are beyond what anybody at this end can know (docs/invariants.md, I2).
                await shop.FaultAsync("acquirer", "payments", "delay", payment, delayMs: 800);
                await shop.PostAsync(payment, hangUpAfterMs: dice.Next(1, 300), mark: _outages.Excuse);
                break;
            case < 13:
                await shop.PostAsync(payment, mark: _outages.Excuse);
                await RefuseAsync(payment, "TIMEOUT");
                break;
            default:
                await shop.PostAsync(payment, mark: _outages.Excuse);
                break;
        }
    }

    /// <summary>Until somebody has heard it: a no that reached nobody is nothing that a gateway could act upon.</summary>
    private async Task RefuseAsync(string payment, string state)
    {
        for (var tries = 0; tries < 20 && (await shop.PostAsync(payment, state, mark: _outages.Excuse)).Status is null; tries++)
        {
            await Task.Delay(300);
        }
    }

    /// <summary>Most are approved; some are refused, lost on their way back, or slow.</summary>
    private static long AmountOf(Dice dice) => dice.Next(100) switch
    {
        < 6 => 900_200,
        < 8 => 903_800,
        < 10 => 700_100,
        < 11 => 700_200,
        < 12 => 700_300,
        < 13 => 700_400,
        < 14 => 700_500,
        < 15 => 700_600,
        < 17 => 800_200,
        < 18 => 801_200,
        _ => dice.Next(100, 100_000) * 100 + dice.Next(1, 100),
    };

    private async Task TroubleAsync()
    {
        for (var round = 0; Goes; round++)
        {
            await Task.Delay(_dice.Next(300, 1500));
            var replica = world.Replicas[_dice.Next(2)];
            var line = new[] { world.ToPostgres, world.ToAcquirer, world.ToVipps }[_dice.Next(3)];
            switch (_dice.Next(10))
            {
                case < 4:
                    await KillAsync(replica);
                    break;
                case 4 when round > 3 || length < TimeSpan.FromMinutes(1):
                    await RestartDatabaseAsync();
                    break;
                case 5:
                    await FreezeAsync(replica);
                    break;
                case 6:
                    world.ToPostgres.CutAfterCommit(_dice.Next(1, 8));
                    NetworkFaults++;
                    break;
                case 7:
                    line.HalfOpen();
                    NetworkFaults++;
                    break;
                case 8:
                    await AcquirerFaultAsync();
                    break;
                default:
                    await LineAsync(line);
                    break;
            }
        }
    }

    private async Task KillAsync(Replica replica)
    {
        Kills++;
        var pause = _dice.Next(0, 1500);
        await _outages.DuringAsync(async () =>
        {
            await replica.KillAsync();
            await Task.Delay(pause);
            await replica.StartAsync();
        });
    }

    private async Task RestartDatabaseAsync()
    {
        await world.Postgres.StopHardAsync();
        DatabaseRestarts++;
        await Task.Delay(_dice.Next(200, 4000));
        await world.Postgres.StartAsync();
    }

    /// <summary>Longer than a lease, sometimes: whoever wakes up then finds its work taken over.</summary>
    private async Task FreezeAsync(Replica replica)
    {
        Freezes++;
        var pause = _dice.Next(200, (int)(world.Clocks.Lease.TotalMilliseconds * 1.3));
        await _outages.DuringAsync(async () =>
        {
            await replica.FreezeAsync();
            await Task.Delay(pause);
            await replica.ThawAsync();
        });
    }

    private async Task LineAsync(TcpLine line)
    {
        var fault = new[] { LineFault.Blackhole, LineFault.LoseAnswers, LineFault.Delay, LineFault.Trickle, LineFault.Reset }[_dice.Next(5)];
        line.Set(fault, TimeSpan.FromMilliseconds(_dice.Next(5, 120)));
        NetworkFaults++;
        await Task.Delay(_dice.Next(300, 3000));
        line.Set(LineFault.None);
    }

    private async Task AcquirerFaultAsync()
    {
        var mode = new[] { "commitThenDrop", "commitThenHang", "commitThen500", "commitThenGarbage", "commitThenOtherAmount", "overtaken", "dropBeforeCommit", "delay" }[_dice.Next(8)];
        await shop.FaultAsync("acquirer", mode == "overtaken" ? "payments" : "*", mode, "", delayMs: mode is "delay" or "overtaken" ? 15_000 : 0, times: _dice.Next(1, 6));
        AcquirerFaults++;
    }

    private async Task HealAsync()
    {
        foreach (var line in new[] { world.ToPostgres, world.ToAcquirer, world.ToVipps })
        {
            line.Set(LineFault.None);
            line.CutAfterCommit(0);
        }

        foreach (var side in new[] { "acquirer", "vipps" })
        {
            using var cleared = await world.Http.DeleteAsync(new Uri(world.Simulator.Url, $"control/{side}/faults"));
        }

        foreach (var replica in world.Replicas.Where(r => !r.IsUp))
        {
            await replica.StartAsync();
        }
    }
}
