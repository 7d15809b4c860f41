using System.Diagnostics;
using System.Globalization;
using System.Text.RegularExpressions;
using Npgsql;
using PspGateway.Bench.Load;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Bench.Backlogs;

/// <summary>What it costs to take work out of the tables, by the gateway's own statements, while no gateway runs.</summary>
internal static partial class ClaimCost
{
    private const int Times = 200;
    private const int ClaimSize = 8;
    private const int BatchSize = 500;

    /// <param name="when">What else is in the tables.</param>
    public static async Task PrintAsync(string connectionString, string when)
    {
        await using var database = new GatewayDatabase(connectionString);
        var claims = await TimedAsync(Times, () => OperationClaim.RunAsync(database.General, modifications: true, ClaimSize, TimeSpan.FromMinutes(5), CancellationToken.None));
        await BacklogFill.ExecuteAsync(database.General, "update operations set due_at = now(), lease_until = null where due_at is not null");
        var claim = await ExplainAsync(
            database.General,
            OperationClaim.Sql,
            new NpgsqlParameter<string[]>("kinds", OperationClaim.Modifications),
            new NpgsqlParameter<int>("limit", ClaimSize),
            new NpgsqlParameter<TimeSpan>("lease", TimeSpan.FromMinutes(5)));
        var freeze = await ExplainAsync(
            database.General,
            StatusBatches.FreezeSql,
            new NpgsqlParameter<int>("scan", BatchSize * 4),
            new NpgsqlParameter<int>("size", BatchSize),
            new NpgsqlParameter<Guid>("batch_id", Guid.CreateVersion7()));
        Console.WriteLine($"Claims, {when}:");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  {ClaimSize} operations:       p50 {At(claims, 0.5):0.00} ms, p99 {At(claims, 0.99):0.00} ms of {Times}; explain analyze {claim.Ms:0.00} ms, {claim.Pages} pages"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"  batch of {BatchSize} reports: explain analyze {freeze.Ms:0.00} ms, {freeze.Pages} pages"));
    }

    private static async Task<double[]> TimedAsync<T>(int times, Func<Task<IReadOnlyList<T>>> claim)
    {
        var took = new double[times];
        for (var i = 0; i < times; i++)
        {
            var started = Stopwatch.GetTimestamp();
            if ((await claim()).Count == 0)
            {
                throw new InvalidOperationException("Nothing was left to claim.");
            }

            took[i] = Stopwatch.GetElapsedTime(started).TotalMilliseconds;
        }

        return [.. took.Order()];
    }

    /// <summary>Run for its plan, the median of some times, and taken back.</summary>
    private static async Task<(double Ms, long Pages)> ExplainAsync(NpgsqlDataSource database, string sql, params NpgsqlParameter[] parameters)
    {
        var runs = new List<(double Ms, long Pages)>();
        await using var connection = await database.OpenConnectionAsync();
        for (var i = 0; i < 7; i++)
        {
            await using var transaction = await connection.BeginTransactionAsync();
            await using var command = new NpgsqlCommand("explain (analyze, buffers) " + sql, connection, transaction);
            command.Parameters.AddRange(parameters.Select(p => p.Clone()).ToArray());
            var plan = new List<string>();
            await using (var reader = await command.ExecuteReaderAsync())
            {
                while (await reader.ReadAsync())
                {
                    plan.Add(reader.GetString(0));
                }
            }

            await transaction.RollbackAsync();
            var pages = Pages().Matches(plan.First(line => line.Contains("Buffers:", StringComparison.Ordinal))).Sum(m => long.Parse(m.Groups["pages"].Value, CultureInfo.InvariantCulture));
            runs.Add((double.Parse(plan.First(line => line.StartsWith("Execution Time:", StringComparison.Ordinal)).Split(' ')[2], CultureInfo.InvariantCulture), pages));
        }

        return runs.OrderBy(r => r.Ms).ElementAt(runs.Count / 2);
    }

    private static double At(double[] sorted, double part) => sorted[Math.Min((int)(sorted.Length * part), sorted.Length - 1)];

    [GeneratedRegex(@"(hit|read)=(?<pages>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Pages();
}
