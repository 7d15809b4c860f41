using Microsoft.Extensions.Options;
using PspGateway;
using PspGateway.Operators;

if (await Commands.TryRunAsync(args, CancellationToken.None) is { } exitCode)
{
    return exitCode;
}

try
{
    await using var app = GatewayApp.Build(args);
    await app.RunAsync();
    return 0;
}
catch (OptionsValidationException exception)
{
    // A setting is wrong: its name is all that helps, a stack trace is not.
    await Console.Error.WriteLineAsync($"The service cannot start: {string.Join(' ', exception.Failures)}");
    return 1;
}
