namespace PspGateway.ProofTests.World;

/// <summary>Numbers that a seed gives again, on any version of .NET (SplitMix64).</summary>
internal sealed class Dice(int seed)
{
    // Mixed once more: the step of the sequence must not be the step between seeds, or neighbours throw the same.
    private ulong _state = Mix((ulong)seed + 0x5851F42D4C957F2D);

    public int Next(int below) => Next(0, below);

    public int Next(int from, int below)
    {
        _state += 0x9E3779B97F4A7C15;
        return from + (int)(Mix(_state) % (ulong)(below - from));
    }

    private static ulong Mix(ulong z)
    {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
