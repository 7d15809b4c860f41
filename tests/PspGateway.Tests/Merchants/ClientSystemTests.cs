using System.Text.Json;
using Microsoft.AspNetCore.Http;
using PspGateway.Merchants;

namespace PspGateway.Tests.Merchants;

public sealed class ClientSystemTests
{
    [Fact]
    public void The_four_headers_are_recorded_and_no_other()
    {
        var recorded = From(("Vipps-System-Name", "shop"), ("vipps-system-version", "1.2"), ("Vipps-System-Plugin-Name", "plug"), ("Vipps-System-Plugin-Version", "3"), ("Authorization", "Bearer x"));

        Assert.Equal(
            new() { ["Vipps-System-Name"] = "shop", ["Vipps-System-Version"] = "1.2", ["Vipps-System-Plugin-Name"] = "plug", ["Vipps-System-Plugin-Version"] = "3" },
            JsonSerializer.Deserialize<Dictionary<string, string>>(recorded!));
    }

    [Fact]
    public void None_of_them_is_no_record()
    {
        Assert.Null(From());
        Assert.Null(From(("Vipps-System-Name", "")));
    }

    [Fact]
    public void What_is_too_long_is_cut_and_what_does_not_print_is_left_out()
    {
        var recorded = From(("Vipps-System-Name", new string('n', 31)), ("Vipps-System-Version", "1\0\u001b[31m\u00e5.2"));

        Assert.Equal(
            new() { ["Vipps-System-Name"] = new string('n', 30), ["Vipps-System-Version"] = "1[31m.2" },
            JsonSerializer.Deserialize<Dictionary<string, string>>(recorded!));
    }

    [Fact]
    public void A_header_that_comes_twice_says_nothing()
    {
        var context = new DefaultHttpContext();
        context.Request.Headers["Vipps-System-Name"] = new[] { "one", "two" };

        Assert.Null(ClientSystem.From(context.Request.Headers));
    }

    private static string? From(params (string Name, string Value)[] headers)
    {
        var context = new DefaultHttpContext();
        foreach (var (name, value) in headers)
        {
            context.Request.Headers[name] = value;
        }

        return ClientSystem.From(context.Request.Headers);
    }
}
