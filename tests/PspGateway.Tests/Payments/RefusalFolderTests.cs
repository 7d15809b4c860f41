using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Vault;

namespace PspGateway.Tests.Payments;

public sealed class RefusalFolderTests : IDisposable
{
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(10);
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"pspgateway-tests-{Guid.NewGuid():N}");
    private readonly RefusalFolder _folder;

    public RefusalFolderTests() => _folder = AProcess();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private string OnlyFile => Assert.Single(Directory.GetFiles(Path.Combine(_path, "refusals")));

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
        await _folder.KeepAsync(said, Long);
        using var other = AProcess();

        var found = await other.FindAsync(Assert.Single((await other.ListAsync())!), seenAt: 99999);

        Assert.Equal(said with { TokenHash = [] }, found! with { TokenHash = [] });
        Assert.Equal(said.TokenHash, found.TokenHash);
    }

    [Fact]
    public async Task What_was_said_on_another_machine_was_said_when_it_was_seen_at_the_latest()
    {
        var said = ARefusal(saidAt: 12345);
        await _folder.KeepAsync(said, Long);
        var text = await File.ReadAllTextAsync(OnlyFile, Stop);
        await File.WriteAllTextAsync(OnlyFile, Regex.Replace(text, "\"run\":\"[^\"]*\"", "\"run\":\"another machine\"", RegexOptions.None, Long), Stop);

        Assert.Equal(99999, (await _folder.FindAsync(said.Key, seenAt: 99999))!.SaidAt);
    }

    [Fact]
    public async Task The_first_of_its_kind_stands_and_another_kind_or_process_stands_beside_it()
    {
        var first = ARefusal(saidAt: 1);
        await _folder.KeepAsync(first, Long);
        await _folder.KeepAsync(first with { SaidAt = 2 }, Long);
        await _folder.KeepAsync(first with { Move = PaymentMove.Decline }, Long);
        await _folder.KeepAsync(first with { By = Guid.CreateVersion7() }, Long);

        Assert.Equal(3, (await _folder.ListAsync())!.Count);
        Assert.Equal(1, (await _folder.FindAsync(first.Key, seenAt: 3))!.SaidAt);
    }

    [Fact]
    public async Task What_is_removed_is_gone_for_all()
    {
        var refusal = ARefusal();
        await _folder.KeepAsync(refusal, Long);
        using var other = AProcess();

        await other.RemoveAsync(refusal.Key);
        await other.RemoveAsync(refusal.Key);

        Assert.False(await _folder.HoldsAsync(refusal.Key));
        Assert.Null(await _folder.FindAsync(refusal.Key, seenAt: 0));
        Assert.Empty((await _folder.ListAsync())!);
    }

    [Fact]
    public async Task A_folder_that_was_never_written_to_is_empty()
    {
        var key = ARefusal().Key;
        await _folder.RemoveAsync(key);

        Assert.Empty((await _folder.ListAsync())!);
        Assert.Null(await _folder.FindAsync(key, seenAt: 0));
    }

    [Fact]
    public async Task A_disk_that_takes_nothing_does_not_keep_the_answer_from_going_out()
    {
        await File.WriteAllTextAsync(_path, "in the way", Stop);
        var log = new Alerts();
        using var folder = AProcess(log);

        await folder.KeepAsync(ARefusal(), Long);

        Assert.Equal([2411], log.Events);
    }

    [Fact]
    public async Task An_answer_waits_for_a_slow_disk_no_longer_than_it_may_and_its_file_still_comes()
    {
        var log = new Alerts();
        using var folder = AProcess(log);
        var refusals = Enumerable.Range(0, 50).Select(i => ARefusal(i)).ToList();

        await Task.WhenAll(refusals.Select(refusal => folder.KeepAsync(refusal, TimeSpan.Zero)));

        Assert.Contains(2411, log.Events);
        while ((await folder.ListAsync())!.Count < refusals.Count)
        {
            await Task.Delay(10, Stop);
        }
    }

    [Theory]
    [InlineData("{\"tokenHa")]
    [InlineData("{}")]
    [InlineData("null")]
    public async Task A_file_that_says_nothing_is_not_taken_for_a_refusal(string content)
    {
        var refusal = ARefusal();
        await _folder.KeepAsync(refusal, Long);
        await File.WriteAllTextAsync(OnlyFile, content, Stop);

        await Assert.ThrowsAsync<JsonException>(() => _folder.FindAsync(refusal.Key, seenAt: 0));
    }

    [Theory]
    [InlineData(".00000000000000000000000000000001.json")]
    [InlineData("00000000000000000000000000000001.Accept.00000000000000000000000000000002.json")]
    [InlineData("00000000000000000000000000000001.0.00000000000000000000000000000002.json")]
    [InlineData("notes.json")]
    public async Task What_has_not_the_name_of_a_refusal_is_left_alone(string name)
    {
        await _folder.KeepAsync(ARefusal(), Long);
        await File.WriteAllTextAsync(Path.Combine(_path, "refusals", name), "{", Stop);

        Assert.Single((await _folder.ListAsync())!);
    }

    private RefusalFolder AProcess(ILogger<RefusalFolder>? log = null) => new(new KeyFolder(_path), TimeProvider.System, log ?? NullLogger<RefusalFolder>.Instance);

    private static LateRefusal ARefusal(long saidAt = 0) => new(Guid.CreateVersion7(), [1, 2, 3], PaymentMove.Abort, PaymentEventName.Aborted, "Vipps: UserCancel", saidAt) { By = Guid.CreateVersion7() };

    private sealed class Alerts : ILogger<RefusalFolder>
    {
        public ConcurrentQueue<int> Events { get; } = new();

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => Events.Enqueue(eventId.Id);
    }
}
