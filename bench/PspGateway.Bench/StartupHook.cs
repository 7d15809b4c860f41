using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

/// <summary>
/// Loaded into the processes that are measured (DOTNET_STARTUP_HOOKS): tells whoever connects to the port BENCH_COUNTERS_PORT on loopback
/// how many bytes the process has allocated, as one line. The gateway and the floor are asked in the same way, and neither knows of it.
/// </summary>
internal static class StartupHook
{
    public static void Initialize()
    {
        if (!int.TryParse(Environment.GetEnvironmentVariable("BENCH_COUNTERS_PORT"), CultureInfo.InvariantCulture, out var port))
        {
            return;
        }

        var listener = new TcpListener(IPAddress.Loopback, port);
        listener.Start();
        _ = Task.Run(async () =>
        {
            while (true)
            {
                using var client = await listener.AcceptTcpClientAsync();
                var line = GC.GetTotalAllocatedBytes().ToString(CultureInfo.InvariantCulture) + "\n";
                await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(line));
            }
        });
    }
}
