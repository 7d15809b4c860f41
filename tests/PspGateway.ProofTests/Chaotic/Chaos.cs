using System.Collections.Concurrent;
using PspGateway.IntegrationTests.World;
using PspGateway.ProofTests.Books;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Chaotic;

/// <summary>
/// Payments as fast as they go, while replicas are killed and frozen, the database is stopped hard and the network fails on every link. A
/// seed gives the same troubles in the same order; how they meet the payments is up to the machine.
/// </summary>
internal sealed class Chaos(ProofWorld world, Shop shop, Till till, int seed, TimeSpan length, int customers)
{
    private readonly Dice _dice = new(seed);
    private readonly Outages _outages = new();
    private readonly ConcurrentQueue<Paid> _paid = new();
    private readonly long _start = TimeProvider.System.GetTimestamp();
    private const int Cashiers = 8;
    private const int MostWaiting = 16;
    private int _payments;
    private volatile bool _broke;

    public int Kills { get; private set; }

    public int DatabaseRestarts { get; private set; }

    /// <summary>What both replicas had answered without a database when they were killed.</summary>
    public int AnswersInFiles { get; private set; }

    public int Freezes { get; private set; }

    public int NetworkFaults { get; private set; }

    public int AcquirerFaults { get; private set; }

    public int Payments => _payments;

    private bool Goes => !_broke && TimeProvider.System.GetElapsedTime(_start) < length;

    public async Task RunAsync()
    {
        var trouble = TroubleAsync();
        var cashiers = Task.WhenAll(Enumerable.Range(0, Cashiers).Select(CashierAsync));
        await Task.WhenAll(Enumerable.Range(0, customers).Select(CustomerAsync));
        await trouble;
        await HealAsync();
        await cashiers;
    }

    private async Task CustomerAsync(int number)
    {
        var dice = new Dice(seed * 1000 + number + 1);
        while (Goes)
        {
            var (reference, amount) = (Shop.AReference(), AmountOf(dice));
            var payment = await shop.CreateAsync(amount, reference);
            if (payment is null)
            {
                continue;
            }

            Interlocked.Increment(ref _payments);
            try
            {
                await CustomerActsAsync(new Paid(payment, reference, amount), dice);
            }
            catch (Exception)
            {
                // What is left of the run would not be looked at.
                _broke = true;
                throw;
            }
        }
    }

    /// <summary>Takes what is paid for: captures in parts, refunds, cancels, in any order and sometimes two at once.</summary>
    private async Task CashierAsync(int number)
    {
        var dice = new Dice(seed * 2000 + number + 1);
        while (Goes)
        {
            if (!_paid.TryDequeue(out var paid))
            {
                await Task.Delay(20);
                continue;
            }

            for (var steps = dice.Next(1, 5); steps > 0; steps--)
            {
                await Task.WhenAll(Enumerable.Range(0, dice.Next(4) == 0 ? 2 : 1).Select(_ => Serve(paid, dice)).ToList());
            }
        }
    }

    private Task<Order> Serve(Paid paid, Dice dice) => dice.Next(10) switch
    {
        < 5 => till.AskAsync(paid.Payment, paid.Reference, "capture", dice.Next(1, (int)paid.Amount)),
        < 8 => till.AskAsync(paid.Payment, paid.Reference, "refund", dice.Next(1, (int)paid.Amount / 2)),
        _ => till.AskAsync(paid.Payment, paid.Reference, "cancel"),
    };

    private async Task CustomerActsAsync(Paid order, Dice dice)
    {
        var payment = order.Payment;
        if (order.Amount is 920_200 or 920_900)
        {
            await StepUpAsync(payment, dice.Next(4) == 0);
            return;
        }

        switch (dice.Next(100))
        {
            case < 4:
                await Task.WhenAll(shop.PostAsync(payment, mark: _outages.Excuse), shop.RefuseAsync(payment, "USER_CANCEL", _outages.Excuse));
                break;
            case < 6:
                await shop.RefuseAsync(payment, "USER_CANCEL", _outages.Excuse);
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
                await shop.RefuseAsync(payment, "TIMEOUT", _outages.Excuse);
                break;
            case < 16:
                await Task.WhenAll(shop.PostAsync(payment, mark: _outages.Excuse), LaterAsync(dice.Next(0, 250), () => till.AskAsync(payment, order.Reference, "cancel")));
                break;
            default:
                if ((await shop.PostAsync(payment, mark: _outages.Excuse)).Says == "OK" && _paid.Count < MostWaiting)
                {
                    _paid.Enqueue(order);
                }

                break;
        }
    }

    /// <summary>What the customer leaves undecided at the 3-D Secure page, Vipps ends.</summary>
    private async Task StepUpAsync(string payment, bool givesUp)
    {
        var call = await shop.PostAsync(payment, mark: _outages.Excuse, mayStepUp: true);
        if (call.Url3dSecure is { } page)
        {
            await shop.StepUpAsync(page, givesUp);
            call = await shop.PostAsync(payment, mark: _outages.Excuse, mayStepUp: true);
        }

        if (call.Says is not ("OK" or "FAIL"))
        {
            await shop.RefuseAsync(payment, "TIMEOUT", _outages.Excuse);
        }
    }

    private static async Task LaterAsync(int delayMs, Func<Task> act)
    {
        await Task.Delay(delayMs);
        await act();
    }

    /// <summary>Most are approved; some are refused, lost on their way back, or slow.</summary>
    private static long AmountOf(Dice dice) => dice.Next(100) switch
    {
        < 6 => 900_200,
        < 8 => 903_800,
        < 9 => 920_900,
        < 10 => 700_100,
        < 11 => 700_200,
        < 12 => 700_300,
        < 13 => 700_400,
        < 14 => 700_500,
        < 15 => 700_600,
        < 17 => 800_200,
        < 18 => 801_200,
        < 21 => 920_200,
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
        var (pause, kills) = (_dice.Next(200, 4000), _dice.Next(2) == 0);
        var paid = kills ? await PayAsync() : null;
        await world.Postgres.StopHardAsync();
        DatabaseRestarts++;
        if (paid is null)
        {
            await Task.Delay(pause);
            await world.Postgres.StartAsync();
            return;
        }

        await KillBothWithoutDatabaseAsync(paid);
    }

    /// <summary>Only files know then what was answered meanwhile: that Vipps did not take an OK, for one.</summary>
    private async Task KillBothWithoutDatabaseAsync(string paid)
    {
        await shop.RefuseAsync(paid, "TIMEOUT", _outages.Excuse);
        AnswersInFiles += Directory.Exists(world.RefusalFolder) ? Directory.GetFiles(world.RefusalFolder).Length : 0;
        Kills += 2;
        await _outages.DuringAsync(async () =>
        {
            await Task.WhenAll(world.Replicas.Select(r => r.KillAsync()));
            await world.Postgres.StartAsync();
            await Task.WhenAll(world.Replicas.Select(r => r.StartAsync()));
        });
    }

    /// <returns>Null: there was no OK. Else its delivered mark is most likely stored, so that no lease takes it back.</returns>
    private async Task<string?> PayAsync()
    {
        var payment = await shop.CreateAsync(12_300, Shop.AReference());
        var paid = payment is not null && (await shop.PostAsync(payment, mark: _outages.Excuse)).Says == "OK";
        await Task.Delay(500);
        return paid ? payment : null;
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

    private sealed record Paid(string Payment, string Reference, long Amount);

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
