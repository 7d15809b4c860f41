using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Operators;

/// <summary>`differences [list]` shows the open ones; `differences resolve ID WHO` closes one.</summary>
internal static class DifferencesCommand
{
    private const int Most = 1000;

    public static async Task<int> RunAsync(string[] args, GatewayDatabase database, CancellationToken cancellationToken)
    {
        switch (args)
        {
            case [] or ["list"]:
                var open = await DifferenceRead.OpenAsync(database.General, Most, cancellationToken);
                foreach (var one in open)
                {
                    await Console.Out.WriteLineAsync($"{one.Id}  {one.FoundAt:yyyy-MM-dd HH:mm}  {one.MerchantSerialNumber,-10}  {one.PaymentId:N}  {one.Cause}  ours {one.OursMinor}  theirs {one.TheirsMinor}");
                }

                await Console.Out.WriteLineAsync(open.Count == Most ? $"The {Most} oldest." : $"{open.Count} open.");
                return 0;

            case ["resolve", { } id, { Length: > 0 and <= 100 } who] when Guid.TryParse(id, out var difference):
                var resolved = await DifferenceWrite.ResolveAsync(database.General, difference, who, cancellationToken);
                await Console.Out.WriteLineAsync(resolved ? "Resolved." : "There is no open difference of that id.");
                return resolved ? 0 : 1;

            default:
                await Console.Error.WriteLineAsync("Usage: differences [list] | differences resolve ID WHO");
                return 2;
        }
    }
}
