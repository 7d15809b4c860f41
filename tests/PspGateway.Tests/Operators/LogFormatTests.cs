using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Npgsql;
using PspGateway.Operators;
using PspGateway.Storage.Queue;
using Serilog.Events;
using Serilog.Parsing;

namespace PspGateway.Tests.Operators;

public sealed class LogFormatTests
{
    [Fact]
    public async Task A_database_that_is_away_is_a_cause_in_a_few_words_and_no_stack()
    {
        var away = await Assert.ThrowsAsync<NpgsqlException>(ConnectToNobodyAsync);

        foreach (var exception in new Exception[] { away, new ConnectionNotOpenedException(away), new InvalidOperationException("As EF Core wraps it.", away) })
        {
            var line = Format(exception);

            Assert.Null(line["Exception"]);
            Assert.Contains("refused", line["Properties"]!["Cause"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.Equal(("The work failed.", "7"), (line["RenderedMessage"]!.GetValue<string>(), line["Properties"]!["Payment"]!.GetValue<string>()));
        }
    }

    [Theory]
    [InlineData("57P01", true)]
    [InlineData("57P03", true)]
    [InlineData("53300", true)]
    [InlineData("08006", true)]
    [InlineData("23505", false)]
    [InlineData("40P01", false)]
    [InlineData("42P01", false)]
    public void What_a_server_says_is_short_where_it_is_away_and_whole_where_we_asked_wrongly(string code, bool away)
    {
        var line = Format(new PostgresException("in the server's words", "ERROR", "ERROR", code));

        Assert.Equal(away ? "in the server's words" : null, line["Properties"]!["Cause"]?.GetValue<string>());
        Assert.Equal(away, line["Exception"] is null);
    }

    [Fact]
    public void A_bug_keeps_its_stack()
    {
        Assert.Contains(nameof(ArithmeticException), Format(new InvalidOperationException("outer", new ArithmeticException()))["Exception"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private static JsonNode Format(Exception exception)
    {
        using var text = new StringWriter();
        new LogFormat().Format(
            new LogEvent(DateTimeOffset.UnixEpoch, LogEventLevel.Error, exception, new MessageTemplateParser().Parse("The work failed."), [new LogEventProperty("Payment", new ScalarValue("7"))]),
            text);
        return JsonNode.Parse(text.ToString())!;
    }

    private static async Task ConnectToNobodyAsync()
    {
        using var port = new TcpListener(IPAddress.Loopback, 0);
        port.Start();
        var free = ((IPEndPoint)port.LocalEndpoint).Port;
        port.Stop();
        await using var connection = new NpgsqlConnection($"Host=127.0.0.1;Port={free};Username=nobody;Database=none;Timeout=2");
        await connection.OpenAsync();
    }
}
