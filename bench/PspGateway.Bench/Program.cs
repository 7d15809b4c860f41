using PspGateway.Bench.Backlogs;
using PspGateway.Bench.Floor;
using PspGateway.Bench.Load;
using PspGateway.Bench.Micro;

return args switch
{
    ["load", .. var rest] => await LoadCommand.RunAsync(rest),
    ["backlog", .. var rest] => await BacklogCommand.RunAsync(rest),
    ["floor", .. var rest] => await FloorApp.RunAsync(rest),
    ["micro", .. var rest] => MicroCommand.Run(rest),
    _ => Usage(),
};

static int Usage()
{
    Console.Error.WriteLine("Start it by bench/run.");
    return 2;
}
