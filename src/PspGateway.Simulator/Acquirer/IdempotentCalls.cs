using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace PspGateway.Simulator.Acquirer;

/// <summary>The first answer of each Idempotency-Key, per merchant account.</summary>
internal sealed class IdempotentCalls
{
    private readonly ConcurrentDictionary<(string Account, string Key), Entry> _entries = new();

    /// <returns>A claim to work on, or the answer that stands in the way of one.</returns>
    public (Claim? Claim, Answer? Answer) Begin(string account, string? key, string path, byte[] body)
    {
        if (key is null)
        {
            return (new Claim(() => { }, _ => { }), null);
        }

        var name = (account, key);
        var fresh = new Entry(Fingerprint(path, body));
        var entry = _entries.GetOrAdd(name, fresh);
        if (ReferenceEquals(entry, fresh))
        {
            return (new Claim(() => _entries.TryRemove(name, out _), answer => fresh.Answer = answer), null);
        }

        return entry.Fingerprint != fresh.Fingerprint
            ? (null, AcquirerErrors.KeyWithOtherBody)
            : (null, entry.Answer ?? AcquirerErrors.StillInWork);
    }

    private static string Fingerprint(string path, byte[] body)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(path + "\n"));
        hash.AppendData(body);
        return Convert.ToHexString(hash.GetHashAndReset());
    }

    internal sealed class Claim(Action release, Action<Answer> finish)
    {
        /// <summary>From here on the key replays this answer, without what spoils it on its way.</summary>
        public void End(Answer answer)
        {
            if (answer.Final)
            {
                finish(answer with { Break = Break.None });
            }
            else
            {
                release();
            }
        }

        public void Release() => release();
    }

    private sealed class Entry(string fingerprint)
    {
        private volatile Answer? _answer;

        public string Fingerprint => fingerprint;

        public Answer? Answer
        {
            get => _answer;
            set => _answer = value;
        }
    }
}
