using System.Security.Cryptography;
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
catch (CryptographicException exception)
{
    await Console.Error.WriteLineAsync($"The service cannot start: the vault's keys do not open. Is it the right master key, and the key folder that goes with this database? {exception.Message}");
    return 1;
}
