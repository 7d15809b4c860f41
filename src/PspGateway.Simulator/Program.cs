using PspGateway.Simulator;
using PspGateway.Simulator.Walk;

if (args is ["walk", .. var rest])
{
    return await WalkCommand.RunAsync(rest);
}

await SimulatorApp.Build(args).RunAsync();
return 0;
