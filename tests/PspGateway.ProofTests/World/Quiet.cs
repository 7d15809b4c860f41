using Npgsql;
using PspGateway.ProofTests.Books;

namespace PspGateway.ProofTests.World;

/// <summary>Waits until nothing is left to do.</summary>
internal static class Quiet
{
    /// <summary>What was still to do when the wait ended is the checker's to judge.</summary>
    public static async Task UntilAsync(ProofWorld world, TimeSpan atMost)
    {
        var until = TimeProvider.System.GetTimestamp() + (long)(atMost.TotalSeconds * TimeProvider.System.TimestampFrequency);
        var quietFor = 0;
        while (quietFor < 3 && TimeProvider.System.GetTimestamp() < until)
        {
            try
            {
                await using var connection = world.Connection();
                await connection.OpenAsync();
                quietFor = (await Facts.UndecidedAsync(connection)).Count == 0 ? quietFor + 1 : 0;
            }
            catch (NpgsqlException)
            {
                quietFor = 0;
            }

            await Task.Delay(300);
        }
    }

    /// <summary>
    /// The calls of the run once more, byte for byte, now that all is decided. Not of those whose customer may still be at the 3-D Secure page, which is
    /// so for ten minutes: they would be accepted. Nor of those that Vipps has ended.
    /// </summary>
    public static async Task RepeatAsync(ProofWorld world, Shop shop, int most)
    {
        var atThePage = (await Facts.GatherAsync(world, [])).Rows.Where(r => r.State == "StepUp").Select(r => r.Payment).ToHashSet(StringComparer.Ordinal);
        var payments = shop.Calls.GroupBy(c => c.Payment).Where(calls => !atThePage.Contains(calls.Key) && calls.All(c => c.State == "ACCEPTED")).Select(calls => calls.Key);
        await Parallel.ForEachAsync(payments.Take(most), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (payment, _) => await shop.PostAsync(payment, repeat: true));
    }
}
