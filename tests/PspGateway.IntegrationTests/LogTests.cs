using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>What stands on the console, as whoever runs the service reads it.</summary>
public sealed class LogTests(WorldOfProcesses world) : IClassFixture<WorldOfProcesses>
{
    [Theory]
    [InlineData("Debug", true)]
    [InlineData("Information", false)]
    public async Task The_console_shows_the_lines_that_the_settings_ask_for(string least, bool debug)
    {
        var settings = new Dictionary<string, string?>(world.GatewaySettings, StringComparer.Ordinal) { ["Serilog:MinimumLevel:Default"] = least };

        using var gateway = await GatewayProcess.StartAsync(world, settings);
        await world.Vipps.PostAsync((await world.Merchant.CreateAsync()).PspTransactionId);

        await TestWorld.EventuallyAsync(() => Task.FromResult(Shows(gateway, "Information", "/vipps/make-payment")), what: "the line of the request");
        Assert.Equal(debug, Shows(gateway, "Debug", "/health/ready"));
    }

    private static bool Shows(GatewayProcess gateway, string level, string text) =>
        gateway.Output.Split('\n').Any(line => line.Contains($"\"Level\":\"{level}\"", StringComparison.Ordinal) && line.Contains(text, StringComparison.Ordinal));
}
