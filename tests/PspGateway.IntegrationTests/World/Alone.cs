namespace PspGateway.IntegrationTests.World;

/// <summary>Tests that count what is everybody's, the heap or the server's transaction numbers: nothing else runs in this process meanwhile.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class Alone
{
    public const string Name = "alone";
}
