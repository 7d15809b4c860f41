using System.Text.RegularExpressions;
using Serilog.Core;
using Serilog.Events;

namespace PspGateway.Operators;

/// <summary>
/// The addresses of customers' pages have a reference in them that only the customer should know, and a bank's return what the bank gave. ASP.NET
/// Core puts the path beside every line of a request, and at its more talkative levels into their texts.
/// </summary>
internal sealed partial class MaskedPaths : ILogEventEnricher
{
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        logEvent.RemovePropertyIfPresent("RequestPath");
        foreach (var (name, text) in logEvent.Properties.Select(p => (p.Key, Text: TextOf(p.Value))).Where(p => p.Text is not null && IsOfACustomer(p.Text)).ToList())
        {
            logEvent.AddOrUpdateProperty(new LogEventProperty(name, new ScalarValue(Secret().Replace(text ?? "", "${before}****"))));
        }
    }

    /// <summary>Paths come as types of their own as often as texts.</summary>
    private static string? TextOf(LogEventPropertyValue value) => value is ScalarValue { Value: string or PathString or QueryString or Uri } scalar ? $"{scalar.Value}" : null;

    /// <summary>What a trace may say of such an address: the route.</summary>
    public static bool IsOfACustomer(string text) =>
        text.Contains("/3ds/", StringComparison.OrdinalIgnoreCase) || text.Contains("/return/", StringComparison.OrdinalIgnoreCase) || text.Contains("redirectResult=", StringComparison.OrdinalIgnoreCase);

    [GeneratedRegex("(?<before>/3ds/|/return/|redirectResult=)[^/?&#\\s\"]+", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Secret();
}
