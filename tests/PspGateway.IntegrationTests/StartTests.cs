using System.Diagnostics;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class StartTests(TestPostgres postgres)
{
    [Fact]
    public async Task A_Production_start_without_settings_names_every_one_that_is_missing()
    {
        var (exitCode, error) = await StartAsync([]);

        Assert.Equal(1, exitCode);
        Assert.All((string[])["ConnectionStrings:Postgres", "Vault:MasterKey", "MakePayment:SigningKeys", "PublicBaseUrl", "SubscriptionKey", "Acquirer:Adyen:WebhookHmacKey"], name => Assert.Contains(name, error, StringComparison.Ordinal));
        Assert.DoesNotContain("   at ", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Gateway:PublicBaseUrl", "http://gateway.example")]
    [InlineData("Vipps:BaseUrl", "http://vipps.example")]
    [InlineData("Acquirer:Adyen:BaseUrl", "http://acquirer.example/v72")]
    [InlineData("Vault:MasterKey", "not 32 bytes")]
    [InlineData("MakePayment:SigningKeys:0:Id", "too long")]
    [InlineData("Deadlines:StopWaiting", "00:00:13")]
    public async Task A_setting_that_is_wrong_stops_the_start_and_is_named(string key, string value)
    {
        var settings = Settings.For(await postgres.CreateDatabaseAsync(), new Uri("http://127.0.0.1:1"), new Uri("http://127.0.0.1:2"), Path.Combine(Path.GetTempPath(), $"keys-{Guid.NewGuid():N}"));
        settings[key] = value;

        var (exitCode, error) = await StartAsync(settings);

        Assert.Equal(1, exitCode);
        Assert.Contains(key.Split(':')[0], error, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Error)> StartAsync(Dictionary<string, string?> settings)
    {
        var start = new ProcessStartInfo("dotnet", [Path.Combine(AppContext.BaseDirectory, "PspGateway.dll")]) { WorkingDirectory = "/", UseShellExecute = false, RedirectStandardError = true, RedirectStandardOutput = true };
        start.Environment.Remove("ConnectionStrings__Postgres");
        start.Environment["ASPNETCORE_ENVIRONMENT"] = "Production";
        start.Environment["ASPNETCORE_URLS"] = $"http://127.0.0.1:{Ports.Free()}";
        foreach (var (key, value) in settings)
        {
            start.Environment[key.Replace(":", "__", StringComparison.Ordinal)] = value;
        }

        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        _ = process.StandardOutput.ReadToEndAsync();
        await process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        return (process.ExitCode, await error);
    }
}
