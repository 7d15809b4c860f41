using System.Text.Json;
using System.Text.Json.Serialization;
using PspGateway.Domain.Payments;
using PspGateway.Vault;

namespace PspGateway.Payments;

/// <summary>Refusals as files, one each, beside the keys in the folder that the replicas share: whoever finds one whose process has died stores it.</summary>
internal sealed partial class RefusalFolder(KeyFolder keys, TimeProvider time, ILogger<RefusalFolder> logger) : IKeptRefusals, IDisposable
{
    private const int AtOnce = 8;

    /// <summary>An answer does not wait longer for a disk.</summary>
    private static readonly TimeSpan KeepWithin = TimeSpan.FromMilliseconds(150);

    /// <summary>While this machine runs, its monotonic clock is one for all processes; after its next start, and on others, timestamps mean nothing.</summary>
    private static readonly string? ThisRun = RunOfThisMachine();

    private readonly DurableFolder _folder = keys.Within("refusals", ".json");
    private readonly SemaphoreSlim _turns = new(AtOnce);

    public void Dispose() => _turns.Dispose();

    public async Task KeepAsync(LateRefusal refusal)
    {
        try
        {
            await WriteAsync(refusal).WaitAsync(KeepWithin, time);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or TimeoutException)
        {
            LogNotKept(exception, new PspTransactionId(refusal.PaymentId));
        }
    }

    public bool Holds(RefusalKey key) => _folder.Holds(NameOf(key));

    public void Remove(RefusalKey key)
    {
        try
        {
            _folder.Delete(NameOf(key));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // It is stored; who finds it again stores nothing.
            LogNotRemoved(exception, new PspTransactionId(key.PaymentId));
        }
    }

    public IReadOnlyList<RefusalKey> List() => [.. _folder.List().Select(KeyOf).OfType<RefusalKey>()];

    public async Task<LateRefusal?> FindAsync(RefusalKey key, CancellationToken cancellationToken)
    {
        if (await _folder.ReadAsync(NameOf(key), cancellationToken) is not { } bytes)
        {
            return null;
        }

        try
        {
            if (JsonSerializer.Deserialize(bytes, RefusalJson.Default.KeptRefusal) is { } kept)
            {
                return new LateRefusal(key.PaymentId, kept.TokenHash, key.Move, kept.Name, kept.Reason, ThisRun is not null && kept.Run == ThisRun ? kept.SaidAt : time.GetTimestamp()) { By = key.By };
            }
        }
        catch (JsonException exception)
        {
            LogUnreadable(exception, new PspTransactionId(key.PaymentId));
        }

        _folder.Delete(NameOf(key));
        return null;
    }

    private async Task WriteAsync(LateRefusal refusal)
    {
        await _turns.WaitAsync();
        try
        {
            var content = JsonSerializer.SerializeToUtf8Bytes(new KeptRefusal(refusal.TokenHash, refusal.Name, refusal.Reason, refusal.SaidAt, ThisRun), RefusalJson.Default.KeptRefusal);
            await Task.Run(() => _folder.TryWriteAsync(NameOf(refusal.Key), content, CancellationToken.None));
        }
        finally
        {
            _turns.Release();
        }
    }

    private static string NameOf(RefusalKey key) => $"{key.PaymentId:N}.{key.Move}.{key.By:N}";

    private static RefusalKey? KeyOf(string name) =>
        name.Split('.') is [var id, var move, var by] && Guid.TryParseExact(id, "N", out var paymentId) && Enum.TryParse<PaymentMove>(move, out var parsed) && Guid.TryParseExact(by, "N", out var speaker)
            ? new RefusalKey(paymentId, parsed, speaker)
            : null;

    /// <summary>Linux' name for the time since its start; containers share their host's.</summary>
    private static string? RunOfThisMachine()
    {
        try
        {
            return File.ReadAllText("/proc/sys/kernel/random/boot_id").Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LoggerMessage(2411, LogLevel.Error, "Payment {PspTransactionId}: a refusal that waits for the database could not be kept as a file in time; it is lost if this process dies first.")]
    private partial void LogNotKept(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2412, LogLevel.Warning, "Payment {PspTransactionId}: the file of a refusal that is stored could not be removed.")]
    private partial void LogNotRemoved(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2413, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the file of a refusal cannot be read and is dropped; look the payment up at Vipps.")]
    private partial void LogUnreadable(Exception exception, PspTransactionId pspTransactionId);
}

internal sealed record KeptRefusal(byte[] TokenHash, PaymentEventName Name, string Reason, long SaidAt, string? Run);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, UseStringEnumConverter = true)]
[JsonSerializable(typeof(KeptRefusal))]
internal sealed partial class RefusalJson : JsonSerializerContext;
