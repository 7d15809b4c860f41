using System.Buffers;
using System.Text.RegularExpressions;
using Serilog.Core;
using Serilog.Events;

namespace PspGateway.Operators;

/// <summary>
/// The addresses of customers' pages have a reference in them that only the customer should know, and a bank's return what the bank gave. ASP.NET
/// Core puts the path beside every line of a request, and at its more talkative levels into their texts. A route is no address: its {reference} stays.
/// </summary>
internal sealed partial class MaskedPaths : ILogEventEnricher
{
    private static readonly SearchValues<string> Marks = SearchValues.Create(["/3ds/", "/return/", "redirectResult="], StringComparison.OrdinalIgnoreCase);

    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        logEvent.RemovePropertyIfPresent("RequestPath");
        Dictionary<string, string>? masked = null;
        foreach (var (name, value) in logEvent.Properties)
        {
            if (TextOf(value) is { } text && IsOfACustomer(text))
            {
                (masked ??= [])[name] = Secret().Replace(text, "${before}****");
            }
        }

        foreach (var (name, text) in masked ?? [])
        {
            logEvent.AddOrUpdateProperty(new LogEventProperty(name, new ScalarValue(text)));
        }
    }

    /// <summary>Paths come as types of their own as often as texts.</summary>
    private static string? TextOf(LogEventPropertyValue value) => value is ScalarValue { Value: string or PathString or QueryString or Uri } scalar ? $"{scalar.Value}" : null;

    /// <summary>What a trace may say of such an address: the route.</summary>
    public static bool IsOfACustomer(string text) => text.AsSpan().ContainsAny(Marks);

    [GeneratedRegex("(?<before>/3ds/|/return/|redirectResult=)(?!\\{)[^/?&#\\s\"]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Secret();
}
