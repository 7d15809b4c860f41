namespace PspGateway.ProofTests.World;

/// <summary>Numbers that a seed gives again, on any version of .NET (SplitMix64).</summary>
internal sealed class Dice(int seed)
{
    private ulong _state = (ulong)seed * 0x9E3779B97F4A7C15;

    public int Next(int below) => Next(0, below);

    public int Next(int from, int below)
    {
        _state += 0x9E3779B97F4A7C15;
        var z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return from + (int)((z ^ (z >> 31)) % (ulong)(below - from));
    }
}
