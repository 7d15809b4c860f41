using System.Text.Json;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace PspGateway.Simulator.Books;

/// <summary>One thing that happened. Entries are only ever added; numbers rise by one over all sides.</summary>
internal sealed record BookEntry(long Number, DateTimeOffset At, string What, long? Amount, string? Detail);

/// <summary>
/// Numbers and times the entries of all sides, and copies them to the books file if there is one. What is answered is in the file for
/// good: many answers share one fsync.
/// </summary>
internal sealed class EntryLog : IDisposable
{
    private readonly Lock _gate = new();
    private readonly TimeProvider _time;
    private readonly FileStream? _file;
    private readonly StreamWriter? _lines;
    private readonly SafeFileHandle? _handle;
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool _syncing;
    private long _last;

    public EntryLog(TimeProvider time, IOptions<SimulatorOptions> options)
    {
        _time = time;
        if (options.Value.BooksFile is { Length: > 0 } path)
        {
            _file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read);
            _lines = new StreamWriter(_file);

            // Asked for once: asking flushes the stream, and that must not happen beside a write.
            _handle = _file.SafeFileHandle;
        }
    }

    /// <param name="about">The reference of the authorisation, where the subject is another name of it.</param>
    public BookEntry Add(string side, string subject, string what, long? amount = null, string? detail = null, string? about = null)
    {
        lock (_gate)
        {
            var entry = new BookEntry(++_last, _time.GetUtcNow(), what, amount, detail);
            _lines?.WriteLine(JsonSerializer.Serialize(
                new { entry.Number, entry.At, side, subject, about, entry.What, entry.Amount, entry.Detail }, Wire.Json));

            // Also what nobody is answered for, such as a cancel's effect, is on the disk a moment later.
            _ = WrittenAsync();
            return entry;
        }
    }

    /// <summary>Completes when all that was added so far is on the disk.</summary>
    public Task WrittenAsync()
    {
        if (_file is null)
        {
            return Task.CompletedTask;
        }

        lock (_gate)
        {
            if (!_syncing)
            {
                _syncing = true;
                _ = Task.Run(Sync);
            }

            return _next.Task;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _lines?.Dispose();
            _file?.Dispose();
        }
    }

    /// <summary>One round for all who wait; those who come meanwhile have the next one.</summary>
    private void Sync()
    {
        TaskCompletionSource waiting;
        lock (_gate)
        {
            waiting = _next;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            _syncing = false;
            _lines!.Flush();
        }

        RandomAccess.FlushToDisk(_handle!);
        waiting.SetResult();
    }
}
