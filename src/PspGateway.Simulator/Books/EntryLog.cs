using System.Text.Json;
using Microsoft.Extensions.Options;

namespace PspGateway.Simulator.Books;

/// <summary>One thing that happened. Entries are only ever added; numbers rise by one over all sides.</summary>
internal sealed record BookEntry(long Number, DateTimeOffset At, string What, long? Amount, string? Detail);

/// <summary>Numbers and times the entries of all sides, and copies them to the books file if there is one.</summary>
internal sealed class EntryLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly StreamWriter? _file;
    private long _last;

    public EntryLog(TimeProvider time, IOptions<SimulatorOptions> options)
    {
        _time = time;
        if (options.Value.BooksFile is { Length: > 0 } path)
        {
            _file = new StreamWriter(path, append: true) { AutoFlush = true };
        }
    }

    public BookEntry Add(string side, string subject, string what, long? amount = null, string? detail = null)
    {
        lock (_gate)
        {
            var entry = new BookEntry(++_last, _time.GetUtcNow(), what, amount, detail);
            _file?.WriteLine(JsonSerializer.Serialize(
                new { entry.Number, entry.At, side, subject, entry.What, entry.Amount, entry.Detail }, Wire.Json));
            return entry;
        }
    }

    public void Dispose() => _file?.Dispose();
}
