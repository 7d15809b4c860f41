using System.Globalization;
using System.Text;

namespace PspGateway.Bench.Load;

/// <summary>The one table: for each cell the floor, the gateway, and the gateway as a ratio to the floor.</summary>
internal static class Table
{
    private static readonly CompositeFormat Line = CompositeFormat.Parse("{0,5} {1,8} {2,-8} {3,11} {4,9} {5,9} {6,9} {7,9} {8,9} {9,9} {10,9} {11,9} {12,9}");

    public static void Head()
    {
        Write("at", "acquirer", "", "payments/s", "p50 ms", "p99 ms", "cpu ms", "pg cpu ms", "alloc kB", "commits", "writing", "memory MB", "created/s");
        Console.WriteLine(new string('-', 127));
    }

    public static void Rows(Cell cell, Figures floor, Figures gateway)
    {
        Row(cell, "floor", floor, v => v.ToString("0.00", CultureInfo.InvariantCulture));
        Row(null, "gateway", gateway, v => v.ToString("0.00", CultureInfo.InvariantCulture));
        Row(null, "ratio", Ratio(gateway, floor), v => v.ToString("0.00", CultureInfo.InvariantCulture) + "x");
        Console.WriteLine();
    }

    private static void Row(Cell? cell, string name, Figures f, Func<double, string> number) => Write(
        cell is null ? "" : cell.Width.ToString(CultureInfo.InvariantCulture),
        cell is null ? "" : $"{cell.AcquirerDelay.TotalMilliseconds:0} ms",
        name,
        number(f.PerSecond), number(f.P50), number(f.P99), number(f.CpuMs), number(f.ServerCpuMs), number(f.AllocatedKb), number(f.Commits), number(f.Writes), number(f.MemoryMb), number(f.CreatedPerSecond));

    private static Figures Ratio(Figures a, Figures b) => new()
    {
        CreatedPerSecond = a.CreatedPerSecond / b.CreatedPerSecond,
        PerSecond = a.PerSecond / b.PerSecond,
        P50 = a.P50 / b.P50,
        P99 = a.P99 / b.P99,
        CpuMs = a.CpuMs / b.CpuMs,
        ServerCpuMs = a.ServerCpuMs / b.ServerCpuMs,
        AllocatedKb = a.AllocatedKb / b.AllocatedKb,
        Commits = a.Commits / b.Commits,
        Writes = a.Writes / b.Writes,
        MemoryMb = a.MemoryMb / b.MemoryMb,
    };

    private static void Write(params object[] values) => Console.WriteLine(string.Format(CultureInfo.InvariantCulture, Line, values));
}
