using System.Collections.Concurrent;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>Many inputs, a few at a time. What is wrong with the answer to one is collected, so that one run names all.</summary>
internal static class Barrage
{
    private const int AtOnce = 8;

    /// <param name="judge">Null when all is well, else what is not.</param>
    public static async Task<int> RunAsync<T>(IEnumerable<T> inputs, Func<T, Task<string?>> judge)
    {
        var complaints = new ConcurrentQueue<string>();
        var count = 0;
        await Parallel.ForEachAsync(inputs, new ParallelOptions { MaxDegreeOfParallelism = AtOnce }, async (input, _) =>
        {
            Interlocked.Increment(ref count);
            try
            {
                if (await judge(input) is { } complaint)
                {
                    complaints.Enqueue($"{Shown(input)}: {complaint}");
                }
            }
            catch (Exception exception)
            {
                complaints.Enqueue($"{Shown(input)}: {exception.GetType().Name} {exception.Message}");
            }
        });
        Assert.True(complaints.IsEmpty, $"{complaints.Count} of {count}:\n{string.Join('\n', complaints.Take(25))}");
        return count;
    }

    public static string? Unless(bool well, string complaint) => well ? null : complaint;

    private static string Shown<T>(T input) => input?.ToString() is { } text ? string.Concat(text.Take(160).Select(c => char.IsControl(c) ? '?' : c)) : "null";
}
