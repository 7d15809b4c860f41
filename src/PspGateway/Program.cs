using Microsoft.Extensions.Options;
using PspGateway;
using PspGateway.Merchants;
using PspGateway.Operators;

try
{
    if (args is ["merchants", .. var rest])
    {
        return await Commands.WithDatabaseAsync([], database => new MerchantsCommand(database, Console.Out, TimeProvider.System).RunAsync(rest, CancellationToken.None));
    }

    if (await Commands.TryRunAsync(args, CancellationToken.None) is { } exitCode)
    {
        return exitCode;
    }

    await using var app = GatewayApp.Build(args);

    // Before anything starts: every setting that is wrong is named at once.
    app.Services.GetRequiredService<IStartupValidator>().Validate();
    await app.RunAsync();
    return 0;
}
catch (Exception exception) when (StartProblem.Of(exception) is { } problem)
{
    // What is wrong is all that helps here; a stack trace is not.
    await Console.Error.WriteLineAsync($"PspGateway cannot start:\n  {problem}");
    return 1;
}
