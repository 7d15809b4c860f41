using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>A payment whose secrets are known, and then looked for in what the gateway wrote.</summary>
public sealed class SecretsTests(WorldOfProcesses world) : IClassFixture<WorldOfProcesses>
{
    [Fact]
    public async Task No_secret_of_a_payment_stands_in_the_log_or_in_the_database()
    {
        const string number = "4895370013193500";
        const string cryptogram = "CANARYcryptogramCANARY==";
        const string phone = "91234567";
        var settings = new Dictionary<string, string?>(world.GatewaySettings, StringComparer.Ordinal) { ["Serilog:MinimumLevel:Default"] = "Verbose", ["Serilog:MinimumLevel:Override:Microsoft"] = "Verbose", ["Serilog:MinimumLevel:Override:Npgsql"] = "Verbose" };
        using var gateway = await GatewayProcess.StartAsync(world, settings);
        var payment = await world.Merchant.CreateAsync(change: body => body["customer"] = new JsonObject { ["phoneNumber"] = "47" + phone });
        var sent = await world.Vipps.PaymentAsync(payment.PspTransactionId);
        var merge = new JsonObject { ["networkToken"] = new JsonObject { ["number"] = number, ["cryptogram"] = cryptogram } };
        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["merge"] = merge })).PaymentStatus);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") == 1);
        string[] secrets = [number, cryptogram, phone, sent["makePaymentToken"]!.GetValue<string>(), await world.Merchant.TokenAsync(), Settings.ClientSecret, Settings.SubscriptionKey,
            "simulated-psp-secret", "simulated-psp-subscription-key", "simulated-acquirer-api-key", settings["Vault:MasterKey"]!, settings["MakePayment:SigningKeys:0:Key"]!, settings["Acquirer:Adyen:WebhookHmacKey"]!];
        var written = gateway.Output + await DumpAsync();

        // The control: what is not secret is found, so the search works.
        Assert.Contains(payment.PspTransactionId, gateway.Output, StringComparison.Ordinal);
        Assert.Contains(payment.Reference, await DumpAsync(), StringComparison.Ordinal);
        foreach (var secret in secrets.SelectMany(Encodings))
        {
            Assert.False(written.Contains(secret, StringComparison.OrdinalIgnoreCase), $"a secret that begins with {secret[..3]} was written");
        }
    }

    private static IEnumerable<string> Encodings(string secret)
    {
        var bytes = Encoding.UTF8.GetBytes(secret);
        return [secret, Convert.ToHexString(bytes), Convert.ToBase64String(bytes).TrimEnd('=')[..^2], Uri.EscapeDataString(secret)];
    }

    /// <summary>Every row of every table as text.</summary>
    private async Task<string> DumpAsync()
    {
        await using var connection = new NpgsqlConnection(world.Database);
        await connection.OpenAsync();
        var tables = new List<string>();
        await using (var command = new NpgsqlCommand("select table_name from information_schema.tables where table_schema = 'public'", connection))
        await using (var reader = await command.ExecuteReaderAsync())
        {
            while (await reader.ReadAsync())
            {
                tables.Add(reader.GetString(0));
            }
        }

        var dump = new StringBuilder();
        foreach (var table in tables)
        {
            await using var command = new NpgsqlCommand($"select coalesce(string_agg(t::text, E'\\n'), '') from \"{table}\" t", connection);
            dump.AppendLine((string?)await command.ExecuteScalarAsync());
        }

        return dump.ToString();
    }
}
