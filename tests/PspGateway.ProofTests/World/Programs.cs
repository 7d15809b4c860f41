using PspGateway.Tests.Rules;

namespace PspGateway.ProofTests.World;

/// <summary>Where the build has put what the proofs start.</summary>
internal static class Programs
{
    public static string ReleaseGateway => Built("src/PspGateway", "Release", "PspGateway.dll");

    public static string FailpointsGateway => Built("src/PspGateway", "Failpoints", "PspGateway.dll");

    public static string Simulator => Built("src/PspGateway.Simulator", "Release", "PspGateway.Simulator.dll");

    public static string SmallTests => Built("tests/PspGateway.Tests", "Failpoints", "PspGateway.Tests.dll");

    private static string Built(string project, string configuration, string file)
    {
        var path = Path.Combine(Repository.Root, project, "bin", configuration, "net10.0", file);
        return File.Exists(path) ? path : throw new InvalidOperationException($"{path} is not there: build the solution with -c Release first.");
    }
}
