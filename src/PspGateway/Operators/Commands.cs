using Microsoft.Extensions.Configuration;
using PspGateway.Storage;

namespace PspGateway.Operators;

/// <summary>What `dotnet PspGateway.dll` does when it is not asked to serve.</summary>
internal static class Commands
{
    /// <summary>Runs the command that the first argument names; null when it names none.</summary>
    public static async Task<int?> TryRunAsync(string[] args, CancellationToken cancellationToken) => args switch
    {
        ["migrate", ..] => await WithDatabaseAsync(args[1..], database => MigrateAsync(database, cancellationToken)),
        ["webhooks", ..] => await WithDatabaseAsync([], database => WebhooksCommand.RunAsync(args[1..], database, cancellationToken)),
        ["health"] => await HealthAsync(cancellationToken),
        ["differences", ..] => await WithDatabaseAsync([], database => DifferencesCommand.RunAsync(args[1..], database, cancellationToken)),
        [{ } word, ..] when !word.StartsWith('-') && !word.StartsWith('/') => Unknown(word),
        _ => null,
    };

    private static async Task<int> MigrateAsync(GatewayDatabase database, CancellationToken cancellationToken)
    {
        await Schema.MigrateAsync(database, cancellationToken);
        await Console.Out.WriteLineAsync("The schema is up to date.");
        return 0;
    }

    /// <summary>Gives a command the database that the settings name.</summary>
    public static async Task<int> WithDatabaseAsync(string[] args, Func<GatewayDatabase, Task<int>> run)
    {
        var configuration = new ConfigurationBuilder().SetBasePath(AppContext.BaseDirectory).AddJsonFile("appsettings.json", optional: true).AddEnvironmentVariables().AddCommandLine(args).Build();
        if (configuration.GetConnectionString(nameof(ConnectionStringOptions.Postgres)) is not { Length: > 0 } connectionString)
        {
            await Console.Error.WriteLineAsync($"{ConnectionStringOptions.Section}:{nameof(ConnectionStringOptions.Postgres)} is missing.");
            return 1;
        }

        await using var database = new GatewayDatabase(connectionString);
        return await run(database);
    }

    /// <summary>For a container's health check, which has no curl: 0 when this machine's service answers /health/live.</summary>
    private static async Task<int> HealthAsync(CancellationToken cancellationToken)
    {
        var url = (Environment.GetEnvironmentVariable("ASPNETCORE_URLS") ?? "http://127.0.0.1:8080").Split(';')[0].Replace("+", "127.0.0.1", StringComparison.Ordinal).Replace("*", "127.0.0.1", StringComparison.Ordinal).Replace("0.0.0.0", "127.0.0.1", StringComparison.Ordinal);
        try
        {
            using var client = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { Timeout = TimeSpan.FromSeconds(3) };
            using var answer = await client.GetAsync(new Uri(url.TrimEnd('/') + "/health/live"), cancellationToken);
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException)
        {
            return 1;
        }
    }

    private static int Unknown(string word)
    {
        Console.Error.WriteLine($"There is no command '{word}'. Without a command the service starts; 'migrate' applies the schema and exits; 'health' asks the running service; 'differences' lists and resolves books that do not agree; 'merchants' adds, changes and disables who may use the API; 'webhooks' shows what was not delivered and sends it again.");
        return 2;
    }
}
