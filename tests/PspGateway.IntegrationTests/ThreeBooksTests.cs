using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>
/// Random lives of payments, 64 at once, with lost answers and with notifications that come twice and in any order: the gateway's books,
/// the acquirer's and Vipps' agree to the øre in the end. PSPGATEWAY_SEQUENCES says how many; 10,000 take some minutes.
/// </summary>
public sealed class ThreeBooksTests(TestPostgres postgres, ITestOutputHelper output)
{
    private const int AtOnce = 64;
    private static readonly long[] Totals = [100, 101, 49_900, 65_000_000, 64_999_999];
    private static readonly string[] Damage = ["drop", "commitThen500", "commitThenGarbage", "dropBeforeCommit"];

    [Fact]
    public async Task Random_captures_refunds_and_cancels_leave_three_books_that_agree()
    {
        var sequences = int.TryParse(Environment.GetEnvironmentVariable("PSPGATEWAY_SEQUENCES"), out var asked) ? asked : 200;
        var seed = Environment.TickCount;
        await using var world = new RestlessWorld(postgres);
        await world.InitializeAsync();
        await world.Vipps.NotificationsAsync("on", copies: 2, jitterMs: 100);
        var (problems, operations, accepted) = (new ConcurrentQueue<string>(), 0, 0);
        var payments = new ConcurrentQueue<(CreatedPayment Payment, (long, long, long, long) Amounts)>();

        await Parallel.ForEachAsync(Enumerable.Range(0, sequences), new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (number, _) =>
        {
            var life = new Life(world, new Dice((long)seed * 1_000_003 + number));
            try
            {
                payments.Enqueue(await life.LiveAsync());
            }
            catch (Exception exception)
            {
                problems.Enqueue($"{seed}+{number}: {exception.GetType().Name} {exception.Message}");
            }

            Interlocked.Add(ref operations, life.Asked);
            Interlocked.Add(ref accepted, life.Accepted);
        });

        output.WriteLine($"{sequences} sequences, {operations} operations asked for, {accepted} accepted, seed {seed}.");
        Assert.True(problems.IsEmpty, $"{problems.Count}: {string.Join('\n', problems.Take(10))}");
        await TestWorld.EventuallyAsync(
            async () => await world.QueryAsync<long>("select (select count(*) from operations where finished_at is null and kind <> 'Authorise') + (select count(*) from status_updates where sent_at is null)") == 0,
            seconds: 120,
            what: "quiet");
        foreach (var (payment, amounts) in payments)
        {
            var books = await world.BooksAsync(payment.PspTransactionId);
            Assert.Equal((amounts, amounts, amounts), (Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)), books.AtAcquirer, books.AtVipps));
            Assert.Equal(0, books.RefusedAtAcquirer);
            Assert.True(amounts.Item2 + amounts.Item3 <= amounts.Item1 && amounts.Item4 <= amounts.Item2, $"{amounts}");
        }
    }

    private sealed class Life(RestlessWorld world, Dice dice)
    {
        private readonly Lock _gate = new();
        private long _captured;
        private long _refunded;

        public int Asked { get; private set; }

        public int Accepted { get; private set; }

        public async Task<(CreatedPayment Payment, (long, long, long, long) Amounts)> LiveAsync()
        {
            var total = dice.Next(3) == 0 ? dice.Next(100, 65_000_001) : dice.Of(Totals);
            var payment = await world.Merchant.AuthorisedAsync(world.Vipps, total);
            if (dice.Next(10) == 0)
            {
                await world.Vipps.FaultAsync("acquirer", new JsonObject { ["path"] = dice.Of("captures", "refunds", "cancels"), ["mode"] = dice.Of(Damage), ["contains"] = payment.PspTransactionId });
            }

            for (var steps = dice.Next(2, 6); steps > 0; steps--)
            {
                var together = Enumerable.Range(0, dice.Next(3) + 1).Select(_ => AnOperation(total)).ToList();
                await Task.WhenAll(together.Select(o => DoAsync(payment, o.What, o.Value)));
            }

            var amounts = Aggregate.Of(await world.Merchant.GetAsync(payment.Reference));
            Assert.Equal((total, _captured, _refunded), (amounts.Authorised, amounts.Captured, amounts.Refunded));
            return (payment, amounts);
        }

        private (string What, long? Value) AnOperation(long total) => dice.Next(10) switch
        {
            0 => ("cancel", null),
            < 6 => ("capture", AnAmount(total)),
            _ => ("refund", AnAmount(total)),
        };

        private long AnAmount(long total) => dice.Next(12) switch
        {
            0 => total,
            1 => total + 1,
            2 => int.MaxValue,
            3 => int.MaxValue + 1L,
            4 => 1,
            5 => 0,
            _ => dice.Next(1, Math.Max(2, total / 2)),
        };

        private async Task DoAsync(CreatedPayment payment, string what, long? value)
        {
            var reply = await world.Merchant.ModifyAsync(payment.Reference, what, value);
            Assert.True(reply.Status is HttpStatusCode.OK or HttpStatusCode.Conflict || (reply.Status == HttpStatusCode.BadRequest && value is 0 or > 65_000_000), $"{what} {value}: {reply.Body}");
            lock (_gate)
            {
                Asked++;
                if (reply.Status == HttpStatusCode.OK)
                {
                    Accepted++;
                    _captured += what == "capture" ? value ?? 0 : 0;
                    _refunded += what == "refund" ? value ?? 0 : 0;
                }
            }
        }
    }

    private sealed class RestlessWorld(TestPostgres postgres) : TestWorld(postgres)
    {
        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Operations:Backoff:0"] = "00:00:00",
            ["Operations:Backoff:1"] = "00:00:01",
            ["Operations:Backoff:2"] = "00:00:03",
            ["Operations:Backoff:3"] = "00:01:00",
            ["Operations:Parallel"] = "32",
        };
    }
}
