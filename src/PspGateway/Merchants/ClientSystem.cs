using System.Text.Json;

namespace PspGateway.Merchants;

/// <summary>The Vipps-System headers of a merchant's call, recorded for support; at most 30 characters each, as Vipps says.</summary>
internal static class ClientSystem
{
    private static readonly string[] Names = ["Vipps-System-Name", "Vipps-System-Version", "Vipps-System-Plugin-Name", "Vipps-System-Plugin-Version"];

    public static string? From(IHeaderDictionary headers)
    {
        var found = Names.Where(name => headers[name] is [{ Length: > 0 }]).ToDictionary(name => name, name => Cut(headers[name].ToString()), StringComparer.Ordinal);
        return found.Count == 0 ? null : JsonSerializer.Serialize(found);
    }

    private static string Cut(string value) => new([.. value.Where(c => c is >= ' ' and <= '~').Take(30)]);
}
