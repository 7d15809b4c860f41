using Npgsql;
using PspGateway.IntegrationTests.World;
using PspGateway.Storage;

namespace PspGateway.IntegrationTests;

public sealed class ANarrowWorld(TestPostgres postgres) : TestWorld(postgres)
{
    public const int Connections = 5;

    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["ConnectionStrings:Postgres"] = $"{Database};Maximum Pool Size={Connections};Timeout=20",
    };
}

/// <summary>ENGINE 27: the writes that an answer waits for, and its mark, have a pool of their own.</summary>
public sealed class BusyWorkersTests(ANarrowWorld world) : IClassFixture<ANarrowWorld>
{
    private const int Payments = 8;

    [Fact]
    public async Task Workers_that_hold_every_connection_of_theirs_delay_no_answer_and_no_mark()
    {
        var payments = await Task.WhenAll(Enumerable.Range(0, Payments).Select(_ => world.Merchant.CreateAsync()));
        var general = world.Service<GatewayDatabase>().General;
        var held = new List<NpgsqlConnection>();
        for (var i = 0; i < ANarrowWorld.Connections; i++)
        {
            held.Add(await general.OpenConnectionAsync(TestContext.Current.CancellationToken));
        }

        var started = TimeProvider.System.GetTimestamp();
        var answers = await Task.WhenAll(payments.Select(p => world.Vipps.PostAsync(p.PspTransactionId)));
        var took = TimeProvider.System.GetElapsedTime(started);

        // The control: whoever needs the workers' pool waits.
        var worker = general.OpenConnectionAsync(TestContext.Current.CancellationToken).AsTask();
        Assert.All(answers, answer => Assert.Equal("OK", answer.PaymentStatus));
        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(8));
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>("select count(*) from payments where state = 'Authorised'") == Payments, seconds: 10, what: "the delivered marks");
        Assert.False(worker.IsCompleted);

        held.ForEach(connection => connection.Dispose());
        await (await worker).DisposeAsync();
    }
}
