using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Vault;

namespace PspGateway.Tests.Payments;

public sealed class RefusalFolderTests : IDisposable
{
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"pspgateway-tests-{Guid.NewGuid():N}");
    private readonly RefusalFolder _folder;

    public RefusalFolderTests() => _folder = AProcess();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        if (File.Exists(_path))
        {
            File.Delete(_path);
        }
        else if (Directory.Exists(_path))
        {
            Directory.Delete(_path, recursive: true);
        }
    }

    [Fact]
    public async Task What_one_process_keeps_another_finds_as_it_was_said()
    {
        var said = ARefusal(saidAt: 12345);
        await _folder.KeepAsync(said);
        using var other = AProcess();

        var found = await other.FindAsync(Assert.Single(other.List()), Stop);

        Assert.Equal(said with { TokenHash = [] }, found! with { TokenHash = [] });
        Assert.Equal(said.TokenHash, found.TokenHash);
    }

    [Fact]
    public async Task The_first_of_its_kind_stands_and_another_kind_or_process_stands_beside_it()
    {
        var first = ARefusal(saidAt: 1);
        await _folder.KeepAsync(first);
        await _folder.KeepAsync(first with { SaidAt = 2 });
        await _folder.KeepAsync(first with { Move = PaymentMove.Decline });
        await _folder.KeepAsync(first with { By = Guid.CreateVersion7() });

        Assert.Equal(3, _folder.List().Count);
        Assert.Equal(1, (await _folder.FindAsync(first.Key, Stop))!.SaidAt);
    }

    [Fact]
    public async Task What_is_removed_is_gone_for_all()
    {
        var refusal = ARefusal();
        await _folder.KeepAsync(refusal);
        using var other = AProcess();

        other.Remove(refusal.Key);
        other.Remove(refusal.Key);

        Assert.False(_folder.Holds(refusal.Key));
        Assert.Null(await _folder.FindAsync(refusal.Key, Stop));
        Assert.Empty(_folder.List());
    }

    [Fact]
    public async Task A_folder_that_was_never_written_to_is_empty()
    {
        var key = ARefusal().Key;
        _folder.Remove(key);

        Assert.Empty(_folder.List());
        Assert.Null(await _folder.FindAsync(key, Stop));
    }

    [Fact]
    public async Task A_disk_that_takes_nothing_does_not_keep_the_answer_from_going_out()
    {
        await File.WriteAllTextAsync(_path, "in the way", Stop);
        var log = new Alerts();
        using var folder = AProcess(log);

        await folder.KeepAsync(ARefusal());

        Assert.Equal([2411], log.Events);
    }

    [Fact]
    public async Task A_file_that_cannot_be_read_calls_a_person_once_and_is_dropped()
    {
        var refusal = ARefusal();
        await _folder.KeepAsync(refusal);
        await File.WriteAllTextAsync(Assert.Single(Directory.GetFiles(Path.Combine(_path, "refusals"))), "{\"tokenHa", Stop);
        var log = new Alerts();
        using var other = AProcess(log);

        Assert.Null(await other.FindAsync(refusal.Key, Stop));

        Assert.Equal([2413], log.Events);
        Assert.Empty(other.List());
    }

    [Fact]
    public async Task What_a_process_left_half_written_is_no_refusal()
    {
        await _folder.KeepAsync(ARefusal());
        await File.WriteAllTextAsync(Path.Combine(_path, "refusals", $".{Guid.NewGuid():N}.json"), "{", Stop);

        Assert.Single(_folder.List());
    }

    private RefusalFolder AProcess(ILogger<RefusalFolder>? log = null) => new(new KeyFolder(_path), TimeProvider.System, log ?? NullLogger<RefusalFolder>.Instance);

    private static LateRefusal ARefusal(long saidAt = 0) => new(Guid.CreateVersion7(), [1, 2, 3], PaymentMove.Abort, PaymentEventName.Aborted, "Vipps: UserCancel", saidAt) { By = Guid.CreateVersion7() };

    private sealed class Alerts : ILogger<RefusalFolder>
    {
        public List<int> Events { get; } = [];

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Events.Add(eventId.Id);
    }
}
