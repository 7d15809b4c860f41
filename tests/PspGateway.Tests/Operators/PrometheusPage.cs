using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace PspGateway.Tests.Operators;

/// <summary>One value of a page, as a scraper takes it.</summary>
public sealed record PrometheusSample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

/// <summary>
/// A strict reader of the text format 0.0.4, written from its description and knowing nothing of the writer: every line must match the
/// grammar, every family is declared once and stands together, every series is unique, and histograms add up.
/// </summary>
public sealed partial class PrometheusPage
{
    private readonly Dictionary<string, string> _types = new(StringComparer.Ordinal);
    private readonly List<PrometheusSample> _samples = [];

    private PrometheusPage()
    {
    }

    public IReadOnlyDictionary<string, string> Types => _types;

    public IReadOnlyList<PrometheusSample> Samples => _samples;

    /// <exception cref="FormatException">What a scraper would stumble over.</exception>
    public static PrometheusPage Parse(string text)
    {
        var page = new PrometheusPage();
        if (text.Length > 0 && !text.EndsWith('\n'))
        {
            throw new FormatException("The last line does not end.");
        }

        string? family = null;
        string? helped = null;
        foreach (var line in text.Split('\n')[..^1])
        {
            if (Help().Match(line) is { Success: true } help)
            {
                helped = help.Groups["name"].Value;
            }
            else if (Type().Match(line) is { Success: true } type)
            {
                family = type.Groups["name"].Value;
                Require(helped == family, $"{family} has no HELP right before its TYPE.");
                Require(page._types.TryAdd(family, type.Groups["type"].Value), $"{family} is declared twice.");
            }
            else
            {
                page.Add(Sample().Match(line) is { Success: true } sample ? Read(sample) : throw new FormatException($"No line of the format: {line}"), family);
            }
        }

        page.CheckSeries();
        page.CheckHistograms();
        return page;
    }

    /// <summary>The one sample of this name with at least these labels.</summary>
    public double Value(string name, params (string Label, string Value)[] labels) => Find(name, labels).Single().Value;

    public IEnumerable<PrometheusSample> Find(string name, params (string Label, string Value)[] labels) =>
        _samples.Where(s => s.Name == name && labels.All(l => s.Labels.GetValueOrDefault(l.Label) == l.Value));

    private void Add(PrometheusSample sample, string? family)
    {
        Require(family is not null, $"{sample.Name} stands before any family.");
        var mine = _types[family!] == "histogram"
            ? sample.Name == $"{family}_bucket" || sample.Name == $"{family}_sum" || sample.Name == $"{family}_count"
            : sample.Name == family;
        Require(mine, $"{sample.Name} stands in the family {family}.");
        Require(sample.Labels.ContainsKey("le") == sample.Name.EndsWith("_bucket", StringComparison.Ordinal), $"{sample.Name}: le belongs to buckets, and to them alone.");
        _samples.Add(sample);
    }

    private void CheckSeries()
    {
        foreach (var series in _samples.GroupBy(s => s.Name + Key(s.Labels)))
        {
            Require(series.Count() == 1, $"The series {series.Key} stands there twice.");
        }

        Require(_types.Where(t => t.Value == "counter").All(t => t.Key.EndsWith("_total", StringComparison.Ordinal)), "A counter does not end in _total.");
    }

    private void CheckHistograms()
    {
        foreach (var (family, _) in _types.Where(t => t.Value == "histogram"))
        {
            foreach (var series in Find($"{family}_bucket").GroupBy(s => Key(s.Labels.Where(l => l.Key != "le"))))
            {
                var bounds = series.Select(s => Number(s.Labels["le"])).ToList();
                var counts = series.Select(s => s.Value).ToList();
                Require(bounds.SequenceEqual(bounds.Order()) && bounds.Distinct().Count() == bounds.Count, $"{family}: bounds do not rise.");
                Require(counts.SequenceEqual(counts.Order()), $"{family}: buckets do not add up.");
                Require(double.IsPositiveInfinity(bounds[^1]), $"{family}: no +Inf.");
                var count = Find($"{family}_count").Single(s => Key(s.Labels) == series.Key).Value;
                Require(count.Equals(counts[^1]), $"{family}: _count is not the last bucket.");
                Require(Find($"{family}_sum").Count(s => Key(s.Labels) == series.Key) == 1, $"{family}: no _sum.");
            }
        }
    }

    private static PrometheusSample Read(Match match)
    {
        var labels = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in match.Groups["label"].Captures.Zip(match.Groups["text"].Captures, (n, v) => (n.Value, v.Value)))
        {
            Require(labels.TryAdd(name, Unescape(value)), $"The label {name} stands there twice.");
        }

        return new PrometheusSample(match.Groups["name"].Value, labels, Number(match.Groups["value"].Value));
    }

    private static string Unescape(string escaped)
    {
        var text = new StringBuilder();
        for (var i = 0; i < escaped.Length; i++)
        {
            text.Append(escaped[i] != '\\' ? escaped[i] : escaped[++i] == 'n' ? '\n' : escaped[i]);
        }

        return text.ToString();
    }

    private static double Number(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        _ => double.Parse(text, CultureInfo.InvariantCulture),
    };

    private static string Key(IEnumerable<KeyValuePair<string, string>> labels) => string.Join(';', labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new FormatException(what);
        }
    }

    [GeneratedRegex(@"^# HELP (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) ([^\\\n]|\\\\|\\n)*$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Help();

    [GeneratedRegex(@"^# TYPE (?<name>[a-zA-Z_:][a-zA-Z0-9_:]*) (?<type>counter|gauge|histogram)$", RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Type();

    [GeneratedRegex(
        @"^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?<label>(?!__)[a-zA-Z_][a-zA-Z0-9_]*)=""(?<text>([^""\\\n]|\\\\|\\""|\\n)*)""(,(?<label>(?!__)[a-zA-Z_][a-zA-Z0-9_]*)=""(?<text>([^""\\\n]|\\\\|\\""|\\n)*)"")*\})? (?<value>NaN|[+-]Inf|-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?)$",
        RegexOptions.ExplicitCapture | RegexOptions.CultureInvariant,
        1000)]
    private static partial Regex Sample();
}
