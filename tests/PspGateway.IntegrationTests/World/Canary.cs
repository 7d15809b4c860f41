using System.Text;

namespace PspGateway.IntegrationTests.World;

/// <summary>
/// A secret that would be recognised anywhere: as it is, in UTF-16, in hex of both cases, and inside a longer base64 text, plain or for
/// URLs, wherever in it the secret begins.
/// </summary>
/// <param name="Everywhere">False: it may stand in the database, which is there to keep it, but nowhere else.</param>
internal sealed record Canary(string Name, byte[] Secret, bool Everywhere = true)
{
    public Canary(string name, string secret, bool everywhere = true)
        : this(name, Encoding.UTF8.GetBytes(secret), everywhere)
    {
    }

    public IReadOnlyList<(string Encoding, byte[] Bytes)> Encodings { get; } = [.. EncodingsOf(Secret).DistinctBy(e => Convert.ToHexString(e.Bytes))];

    /// <summary>How it stands there, if it does.</summary>
    public string? FoundIn(ReadOnlySpan<byte> place)
    {
        foreach (var (encoding, bytes) in Encodings)
        {
            if (place.IndexOf(bytes) >= 0)
            {
                return encoding;
            }
        }

        return null;
    }

    private static IEnumerable<(string Encoding, byte[] Bytes)> EncodingsOf(byte[] secret)
    {
        yield return ("UTF-8", secret);
        if (secret.All(b => b is >= 0x20 and < 0x7f))
        {
            yield return ("UTF-16LE", Encoding.Unicode.GetBytes(Encoding.ASCII.GetString(secret)));
        }

        var hex = Convert.ToHexString(secret);
        yield return ("hex", Encoding.ASCII.GetBytes(hex));
        yield return ("hex, lower case", Encoding.ASCII.GetBytes(hex.ToLowerInvariant()));
        for (var before = 0; before < 3; before++)
        {
            // What stands before and after shares a character with it: those are left out.
            var text = Convert.ToBase64String([.. new byte[before], .. secret]);
            var from = ((before * 8) + 5) / 6;
            var inner = text[from..((before + secret.Length) * 8 / 6)];
            yield return ($"base64 after {before}", Encoding.ASCII.GetBytes(inner));
            yield return ($"base64url after {before}", Encoding.ASCII.GetBytes(inner.Replace('+', '-').Replace('/', '_')));
        }
    }
}
