using System.Text.Json;

namespace PspGateway.Simulator.Board;

/// <summary>The four that a payment passes, in the order of the board's lanes.</summary>
internal enum Party
{
    Shop,
    Gateway,
    Vipps,
    Acquirer,
}

/// <param name="status">0: none came</param>
internal sealed class ExchangeAnswer(TimeSpan took, int status, byte[] body)
{
    private readonly Lazy<JsonElement?> _got = new(() => Wire.ParseObject(body));

    public TimeSpan Took => took;

    public int Status => status;

    public byte[] Body => body;

    public JsonElement? Got => _got.Value;
}

/// <summary>One call on the wire and, once there is one, its answer, as bytes. Nothing of it is shown that has not passed <see cref="Masking"/>.</summary>
internal sealed class Exchange
{
    /// <summary>Of each body; a longer one is kept in part, and not shown.</summary>
    public const int MostKept = 16 * 1024;

    private readonly Lazy<JsonElement?> _sent;
    private ExchangeAnswer? _answer;

    public Exchange(long number, DateTimeOffset at, Party from, Party to, string method, string path, IReadOnlyList<string> headers, byte[] body)
    {
        (Number, At, From, To, Method, Path, Headers) = (number, at, from, to, method, path, headers);
        Body = Cut(body);
        _sent = new Lazy<JsonElement?>(() => Wire.ParseObject(Body));
    }

    public long Number { get; }

    public DateTimeOffset At { get; }

    public Party From { get; }

    public Party To { get; }

    public string Method { get; }

    public string Path { get; }

    public IReadOnlyList<string> Headers { get; }

    public byte[] Body { get; }

    public JsonElement? Sent => _sent.Value;

    public ExchangeAnswer? Answer => Volatile.Read(ref _answer);

    /// <summary>What was answered, if it is a JSON object.</summary>
    public JsonElement? Got => Answer?.Got;

    public void End(TimeSpan took, int status, byte[] body) => Volatile.Write(ref _answer, new ExchangeAnswer(took, status, Cut(body)));

    private static byte[] Cut(byte[] body) => body.Length <= MostKept ? body : body[..MostKept];
}
