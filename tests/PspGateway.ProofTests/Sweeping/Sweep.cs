using PspGateway.ProofTests.Books;
using PspGateway.ProofTests.Failpoints;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Sweeping;

/// <summary>
/// Leads a payment past every failpoint and lets it fail there in every way. Cases that throw or stall overlap in the lives of two
/// replicas; of those that kill, the outcomes of one failpoint go together. A replica that died is started again, and what was left behind is
/// taken up by whoever comes first.
/// </summary>
internal sealed class Sweep(ProofWorld world, Shop shop, Till till, TimeSpan stall) : IAsyncDisposable
{
    private const int AtOnce = 48;
    private const int Rounds = 6;
    private static readonly TimeSpan ForCompany = TimeSpan.FromMilliseconds(1200);
    private static readonly TimeSpan FiresWithin = TimeSpan.FromSeconds(14);
    private readonly CancellationTokenSource _stop = new();
    private readonly SemaphoreSlim _gate = new(AtOnce);
    private readonly List<Task> _keepers = [];
    private volatile IReadOnlyList<Case> _dying = [];

    private readonly List<Case> _tried = [];

    public IReadOnlyList<Case> Tried => _tried;

    public int Kills => world.Replicas.Sum(r => r.Lives) - world.Replicas.Count;

    /// <summary>One whose neighbour was hit first may miss its failpoint: it is led there again. Those that never came there.</summary>
    public async Task<IReadOnlyList<Case>> RunAsync(IReadOnlyList<Case> cases)
    {
        _keepers.AddRange(_keepers.Count == 0 ? world.Replicas.Select(KeepAsync) : []);
        var left = cases;
        for (var round = 0; round < Rounds && left.Count > 0; round++)
        {
            left = [.. left.Select(c => round == 0 ? c : c.Again())];
            _tried.AddRange(left);
            await RunOnceAsync(left);
            var patience = TimeProvider.System.GetTimestamp() + (long)(FiresWithin.TotalSeconds * TimeProvider.System.TimestampFrequency);
            while (Fired(left).Count < left.Count && TimeProvider.System.GetTimestamp() < patience)
            {
                await Task.Delay(200);
            }

            left = [.. left.Except(Fired(left))];
        }

        return left;
    }

    private async Task RunOnceAsync(IReadOnlyList<Case> cases)
    {
        await Task.WhenAll(cases.Where(c => c.Blow != Blow.Kill && !c.HoldsTheConnection).Select(RunGentlyAsync));
        foreach (var alone in cases.Where(c => c.HoldsTheConnection))
        {
            await RunGentlyAsync(alone);
            await Task.Delay(stall);
        }

        foreach (var together in cases.Where(c => c.Blow == Blow.Kill).GroupBy(c => c.Place))
        {
            await RunDeadlyAsync([.. together]);
        }
    }

    /// <summary>Those whose failpoint was really reached.</summary>
    public IReadOnlyList<Case> Fired(IEnumerable<Case> cases)
    {
        var lines = File.Exists(world.FiredFile) ? File.ReadAllLines(world.FiredFile) : [];
        return [.. cases.Where(c => lines.Any(l => l.StartsWith($"{c.Place.Name} {Word(c.Blow)} ", StringComparison.Ordinal) && (Starred(c) || (c.Payment ?? c.Reference) is { } name && (Met(l).Contains(name, StringComparison.Ordinal) || Met(l).Contains(c.Reference, StringComparison.Ordinal)))))];
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Task.WhenAll(_keepers);
        _stop.Dispose();
        _gate.Dispose();
    }

    private static bool Starred(Case c) => c.Place.Way == Way.CreateWithoutToken || c.Place.Name is "expiry.before-commit" || c.Place.Name.StartsWith("freeze.", StringComparison.Ordinal);

    private static string Met(string line) => line.Split(' ', 4) is [_, _, _, var met] ? met : "";

    private static string Word(Blow blow) => blow.ToString().ToLowerInvariant();

    private async Task RunGentlyAsync(Case c)
    {
        await _gate.WaitAsync();
        try
        {
            await PrepareAsync([c], together: false);
            await WalkAsync(c);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task RunDeadlyAsync(IReadOnlyList<Case> cases)
    {
        await Task.WhenAll(world.Replicas.Select(UntilUpAsync));

        // All to one replica, so that they can be there together when it dies.
        world.Front.First = 0;
        await PrepareAsync(cases, together: true);
        _dying = cases;
        var walks = Task.WhenAll(cases.Select(WalkAsync));
        var until = TimeProvider.System.GetTimestamp() + (long)(FiresWithin.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (Fired(cases).Count < cases.Count && TimeProvider.System.GetTimestamp() < until)
        {
            await Task.Delay(50);
        }

        _dying = [];
        world.Front.First = null;
        await walks;
    }

    private async Task PrepareAsync(IReadOnlyList<Case> cases, bool together)
    {
        if (cases[0].Place.Way == Way.CreateWithoutToken)
        {
            await shop.RevokeAccessTokensAsync();
        }

        if (!cases[0].IsOfCreate)
        {
            await Task.WhenAll(cases.Select(async c => c.Payment = await shop.CreateAsync(c.Amount, c.Reference)));
        }

        if (cases[0].IsOfPaid)
        {
            await Task.WhenAll(cases.Select(c => new Purchase(shop, till, c).PayAsync()));
        }

        foreach (var replica in world.Replicas)
        {
            await ArmAsync(replica, cases, together);
        }
    }

    private Task ArmAsync(Replica replica, IReadOnlyList<Case> cases, bool together) => replica.ArmAsync(
        cases[0].Place.Name, cases[0].Key == "*" ? "*" : string.Join(',', cases.Select(c => c.Key)), Word(cases[0].Blow), cases[0].Blow == Blow.Stall ? stall : ForCompany, together: together ? cases.Count : 1);

    private async Task WalkAsync(Case c)
    {
        // A repeated create meets a process that is gone; then there is nothing more to do with it.
        c.Payment ??= await shop.CreateAsync(c.Amount, c.Reference);
        if (c.Payment is not { } payment || c.Place.Way == Way.Nobody)
        {
            return;
        }

        switch (c.Place.Way)
        {
            case Way.Modified or Way.TakenBack:
                await new Purchase(shop, till, c).GoOnAsync();
                return;
            case Way.Late:
                await shop.FaultAsync("acquirer", "payments", "delay", payment, delayMs: (int)(world.Clocks.StopWaiting.TotalMilliseconds + 700));
                break;
            case Way.LostAccept:
                await Task.WhenAll(world.Replicas.Select(r => r.ArmAsync("accept.after-commit", payment, "throw", stall)));
                break;
            case Way.Abandoned:
                // Neither the run nor the request decides it, and whoever stores the FAIL is held up until the lease has ended.
                await Task.WhenAll(world.Replicas.SelectMany(r => new[] { ("authorise.after-answer", "throw"), ("late-fail.before-commit", "throw"), ("late-settle.before-commit", "stall") }.Select(o => r.ArmAsync(o.Item1, payment, o.Item2, stall))));
                break;
            case Way.HungUp or Way.Cancelled or Way.EndedByMerchant:
                await shop.FaultAsync("acquirer", "payments", "delay", payment, delayMs: 900);
                break;
            case Way.LostReport:
                await shop.FaultAsync("vipps", "updatestatus", "commitThenDrop", payment);
                break;
        }

        var approval = shop.PostAsync(payment, hangUpAfterMs: c.Place.Way == Way.HungUp ? 400 : null, mark: call => Promised(c, call), mayStepUp: c.Place.Way is Way.StepUp or Way.StepUpGivenUp);
        if (c.Place.Way == Way.Cancelled)
        {
            await Task.Delay(400);
            await shop.RefuseAsync(payment, "USER_CANCEL", call => call with { NoAnswerPromised = c.Blow != Blow.Throw });
        }

        if (c.Place.Way == Way.EndedByMerchant)
        {
            await Task.Delay(400);
            await till.AskAsync(payment, c.Reference, "cancel");
        }

        var last = await approval;
        if (last.Url3dSecure is { } page)
        {
            await shop.StepUpAsync(page, givesUp: c.Place.Way == Way.StepUpGivenUp);
            last = await shop.PostAsync(payment, mark: call => Promised(c, call), mayStepUp: true);
        }

        // A step-up lives for ten minutes: Vipps ends one whose end it did not hear.
        if (c.Place.Way is Way.StepUp or Way.StepUpGivenUp && last.Says is not ("OK" or "FAIL"))
        {
            await shop.RefuseAsync(payment, "TIMEOUT", call => Promised(c, call));
        }
    }

    private static Call Promised(Case c, Call call) => call with { WasBroken = c.Blow == Blow.Throw && c.Place.HoldsTheAnswer, NoAnswerPromised = call.NoAnswerPromised || c.Blow == Blow.Kill || (c.Blow == Blow.Stall && c.Place.HoldsTheAnswer) };

    private static async Task UntilUpAsync(Replica replica)
    {
        while (!replica.IsUp)
        {
            await Task.Delay(20);
        }
    }

    /// <summary>Starts a replica again whenever it dies, and arms it anew for those that are not there yet.</summary>
    private async Task KeepAsync(Replica replica)
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await replica.EndedAsync(_stop.Token);
                await replica.StartAsync();
                var left = _dying.Except(Fired(_dying)).Where(c => c.Payment is not null || c.IsOfCreate).ToList();
                if (left.Count > 0)
                {
                    await ArmAsync(replica, left, together: true);
                }
            }
            catch (OperationCanceledException)
            {
                return;
            }
        }
    }
}
