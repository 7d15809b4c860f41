using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Running;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace PspGateway.Bench.Micro;

/// <summary>What a single step costs: sealing and opening a token, verifying a makePaymentToken, reading a makePayment call.</summary>
internal static class MicroCommand
{
    public static int Run(string[] args)
    {
        var config = DefaultConfig.Instance
            .AddJob(Job.ShortRun.WithToolchain(InProcessEmitToolchain.Instance))
            .WithArtifactsPath(Path.Combine(Environment.CurrentDirectory, ".local", "bench", "micro"));
        string[] filter = args is [var pattern, ..] ? [pattern] : ["*"];
        BenchmarkSwitcher.FromTypes([typeof(SealingBenchmark), typeof(VerifyingBenchmark), typeof(ParsingBenchmark)]).Run(["--filter", .. filter], config);
        return 0;
    }
}
