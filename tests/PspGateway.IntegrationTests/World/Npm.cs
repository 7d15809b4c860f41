using System.Diagnostics;

namespace PspGateway.IntegrationTests.World;

/// <summary>Packages of npm at fixed versions, kept beside the test's binaries. Where npm or its registry is missing, tests that need them are skipped.</summary>
internal static class Npm
{
    private static readonly TimeSpan Within = TimeSpan.FromMinutes(1);

    public static bool IsThere => OnPath("npm");

    public static string Folder(string name) => Path.Combine(AppContext.BaseDirectory, name);

    public static bool OnPath(string program) => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(folder => File.Exists(Path.Combine(folder, program)));

    /// <summary>Null: the packages are there, and <paramref name="files"/> in them. Else why not.</summary>
    public static async Task<string?> FetchAsync(string folder, string[] packages, params string[] files)
    {
        if (files.All(File.Exists))
        {
            return null;
        }

        if (!IsThere)
        {
            return "npm is not there.";
        }

        Directory.CreateDirectory(folder);
        await RunAsync(Within, "npm", ["install", "--silent", "--no-save", "--ignore-scripts", "--no-audit", "--no-fund", "--prefix", folder, .. packages]);
        return files.All(File.Exists) ? null : $"{string.Join(", ", packages)} could not be fetched from npm.";
    }

    /// <summary>All that it wrote, and its exit code; -1 when it had to be ended.</summary>
    public static async Task<(int ExitCode, string Output)> RunAsync(TimeSpan within, string program, IReadOnlyList<string> arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false })!;
        var said = Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        try
        {
            await process.WaitForExitAsync(new CancellationTokenSource(within).Token);
            return (process.ExitCode, string.Concat(await said));
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            return (-1, "It took too long.");
        }
    }
}
