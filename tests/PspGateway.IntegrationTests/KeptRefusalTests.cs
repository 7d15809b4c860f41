using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class WorldOfProcessesOnALine(TestPostgres postgres) : TestWorld(postgres)
{
    protected override int Replicas => 0;

    protected override bool OnALine => true;

    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Deadlines:AcquirerTimeout"] = "00:00:04",
        ["Deadlines:StopWaiting"] = "00:00:05",
        ["Deadlines:AnswerBy"] = "00:00:06",
    };
}

/// <summary>What was answered while the database was away outlives the process that answered it.</summary>
public sealed class KeptRefusalTests(WorldOfProcessesOnALine world) : IClassFixture<WorldOfProcessesOnALine>, IDisposable
{
    private string Folder => Path.Combine(world.GatewaySettings["Vault:KeyFolder"]!, "refusals");

    public void Dispose() => world.Line.ComeBack();

    [Theory]
    [InlineData("USER_CANCEL")]
    [InlineData("TIMEOUT")]
    public async Task An_OK_that_Vipps_did_not_take_is_reversed_though_the_process_that_heard_so_was_killed_before_the_database_came_back(string state)
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps);
        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>("select count(*) from status_updates where sent_at is null") == 0, what: "RESERVED at Vipps");
        world.Line.Break();
        Assert.Equal(93, (await world.Vipps.PostAsync(payment.PspTransactionId, state)).ErrorId);
        await UntilFilesAsync(1);
        await first.KillAsync();
        var token = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>();
        Assert.DoesNotContain(token, await File.ReadAllTextAsync(Assert.Single(Directory.GetFiles(Folder)), TestContext.Current.CancellationToken), StringComparison.Ordinal);
        world.Line.ComeBack();

        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);

        await world.UntilReversedAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("cancelled") == 1, what: "CANCELLED at Vipps");
        Assert.Equal("TERMINATED", await world.Merchant.StateAsync(payment.Reference));
        await UntilFilesAsync(0);
        Assert.Contains("is taken over", second.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_FAIL_that_could_not_be_stored_before_the_process_was_killed_is_repeated_by_the_next_byte_for_byte()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var payment = await world.Merchant.CreateAsync();
        world.Line.Break();
        var told = await world.Vipps.PostAsync(payment.PspTransactionId);
        await UntilFilesAsync(1);
        await first.KillAsync();
        world.Line.ComeBack();

        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);

        var again = await world.Vipps.PostAsync(payment.PspTransactionId);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "ABORTED", what: "the end of the payment");
        var later = await world.Vipps.PostAsync(payment.PspTransactionId);
        Assert.Equal((91, told.Body, told.Body), (told.ErrorId, again.Body, later.Body));
        Assert.Empty((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
    }

    [Fact]
    public async Task Nothing_is_left_in_the_folder_once_the_process_that_answered_has_stored_it()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var payment = await world.Merchant.CreateAsync();
        world.Line.Break();
        await world.Vipps.PostAsync(payment.PspTransactionId, "USER_CANCEL");
        await UntilFilesAsync(1);
        world.Line.ComeBack();

        await UntilFilesAsync(0);
        Assert.Equal("ABORTED", await world.Merchant.StateAsync(payment.Reference));
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_calls_a_person_and_holds_no_other_up()
    {
        using var first = await GatewayProcess.StartAsync(world, world.GatewaySettings);
        var payment = await world.Merchant.CreateAsync();
        world.Line.Break();
        await world.Vipps.PostAsync(payment.PspTransactionId, "USER_CANCEL");
        await UntilFilesAsync(1);
        await first.KillAsync();
        var broken = Path.Combine(Folder, $"{Guid.Empty:N}.Abort.{Guid.Empty:N}.json");
        await File.WriteAllTextAsync(broken, "{", TestContext.Current.CancellationToken);
        world.Line.ComeBack();

        using var second = await GatewayProcess.StartAsync(world, world.GatewaySettings);

        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "ABORTED", what: "the end of the payment");
        File.Delete(broken);
        await UntilFilesAsync(0);
        Assert.Contains("the file of a refusal that may not be stored cannot be read", second.Output, StringComparison.Ordinal);
    }

    private Task UntilFilesAsync(int count) => TestWorld.EventuallyAsync(() => Task.FromResult(Directory.Exists(Folder) && Directory.GetFiles(Folder).Count(f => !Path.GetFileName(f).StartsWith('.')) == count), what: $"{count} files");
}
