namespace PspGateway.IntegrationTests.World;

/// <summary>Chance that can be repeated: the same seed gives the same throws (SplitMix64). Not for secrets.</summary>
internal sealed class Dice(long seed)
{
    private ulong _state = unchecked((ulong)seed);

    /// <summary>From <paramref name="least"/> to below <paramref name="end"/>.</summary>
    public long Next(long least, long end) => least + (long)(Throw() % (ulong)(end - least));

    public int Next(int end) => (int)Next(0, end);

    public T Of<T>(params IReadOnlyList<T> choices) => choices[Next(choices.Count)];

    private ulong Throw()
    {
        unchecked
        {
            _state += 0x9E3779B97F4A7C15;
            var z = (_state ^ (_state >> 30)) * 0xBF58476D1CE4E5B9;
            z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
            return z ^ (z >> 31);
        }
    }
}
