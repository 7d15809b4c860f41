using PspGateway.Simulator.Board;

namespace PspGateway.Simulator.Walk;

/// <summary>`walk --gateway URL --simulator URL`: takes one payment through a gateway that runs. Exit code 0 only if every step held.</summary>
internal static class WalkCommand
{
    private const int Held = 0;
    private const int Failed = 1;
    private const int Misused = 2;

    public static async Task<int> RunAsync(string[] args)
    {
        if (Parse(args) is not var (gateway, simulator))
        {
            await Console.Error.WriteLineAsync("Usage: dotnet PspGateway.Simulator.dll walk --gateway URL --simulator URL");
            return Misused;
        }

        // The same keys as the simulator's own (Simulator__ShopMsn …): a walk beside it needs no settings of its own.
        var options = new SimulatorOptions();
        new ConfigurationBuilder().AddEnvironmentVariables().Build().GetSection(SimulatorOptions.Section).Bind(options);
        var screen = new Screen(Console.Out, TimeProvider.System, Screen.WantsColour());
        var log = new ExchangeLog(TimeProvider.System);
        using var connection = new GatewayConnection(log);
        var http = new WalkHttp(connection.Client, new WalkTeller(log, connection.Client, simulator, TimeProvider.System), TimeProvider.System);
        var walk = new PaymentWalk(new MerchantSide(http, gateway, options), new SimulatorSide(http, simulator), screen, TimeProvider.System);
        return await walk.RunAsync(CancellationToken.None) ? Held : Failed;
    }

    private static (Uri Gateway, Uri Simulator)? Parse(string[] args)
    {
        Uri? gateway = null;
        Uri? simulator = null;
        for (var i = 0; i < args.Length; i += 2)
        {
            if (i + 1 == args.Length || !Uri.TryCreate(args[i + 1], UriKind.Absolute, out var url) || url.Scheme is not ("http" or "https"))
            {
                return null;
            }

            switch (args[i])
            {
                case "--gateway":
                    gateway = url;
                    break;
                case "--simulator":
                    simulator = url;
                    break;
                default:
                    return null;
            }
        }

        return gateway is null || simulator is null ? null : (gateway, simulator);
    }
}
