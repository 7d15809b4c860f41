using System.Globalization;
using System.Text;

namespace PspGateway.Operators.Telemetry;

/// <summary>
/// Prometheus' text format 0.0.4, as OpenTelemetry's compatibility rules map names to it: units become suffixes, counters end in _total,
/// what is no letter, digit or underscore becomes an underscore.
/// </summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly StringBuilder _text = new();
    private readonly HashSet<string> _families = new(StringComparer.Ordinal);

    /// <summary>Begins the family of one instrument. Null: the name is taken, since a family may stand in a page only once.</summary>
    /// <param name="type">counter, gauge or histogram.</param>
    public string? Family(string instrument, string unit, string type, string help)
    {
        var name = FamilyName(instrument, unit, type);
        if (!_families.Add(name))
        {
            return null;
        }

        _text.Append("# HELP ").Append(name).Append(' ').Append(help.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal)).Append('\n');
        _text.Append("# TYPE ").Append(name).Append(' ').Append(type).Append('\n');
        return name;
    }

    /// <param name="labels">As <see cref="Labels"/> made them.</param>
    /// <param name="bound">A histogram bucket's upper bound.</param>
    public void Sample(string name, string labels, double value, double? bound = null)
    {
        _text.Append(name);
        var le = bound is { } b ? $"le=\"{Number(b)}\"" : "";
        if (labels.Length + le.Length > 0)
        {
            _text.Append('{').Append(labels).Append(labels.Length > 0 && le.Length > 0 ? "," : "").Append(le).Append('}');
        }

        _text.Append(' ').Append(Number(value)).Append('\n');
    }

    /// <summary>Two tags that become one name share it, their values joined by a semicolon.</summary>
    public static string Labels(IEnumerable<KeyValuePair<string, object?>> tags) => string.Join(
        ',',
        tags.GroupBy(tag => LabelName(tag.Key), StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => $"{g.Key}=\"{Escape(string.Join(';', g.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => ValueOf(t.Value))))}\""));

    public override string ToString() => _text.ToString();

    internal static string FamilyName(string instrument, string unit, string type)
    {
        var name = Sanitise(instrument).Trim('_');
        var suffix = SuffixOf(unit, type);
        if (suffix.Length > 0 && !name.EndsWith('_' + suffix, StringComparison.Ordinal))
        {
            name = $"{name}_{suffix}";
        }

        name = type == "counter" && !name.EndsWith("_total", StringComparison.Ordinal) ? name + "_total" : name;
        return name.Length == 0 || char.IsAsciiDigit(name[0]) ? '_' + name : name;
    }

    internal static string Number(double value) => value switch
    {
        double.PositiveInfinity => "+Inf",
        double.NegativeInfinity => "-Inf",
        _ => double.IsNaN(value) ? "NaN" : value.ToString("R", CultureInfo.InvariantCulture),
    };

    private static string SuffixOf(string unit, string type) => unit switch
    {
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "%" => "percent",
        "1" => type == "gauge" ? "ratio" : "",

        // {payment} only says what is counted.
        _ => unit.StartsWith('{') ? "" : Sanitise(unit).Trim('_'),
    };

    private static string LabelName(string key)
    {
        var name = Sanitise(key);

        // le is a bucket's bound. Names that begin with two underscores are Prometheus' own, but no two are left.
        name = name is "le" or "" ? "tag_" + name : name;
        return char.IsAsciiDigit(name[0]) ? '_' + name : name;
    }

    private static string Sanitise(string name)
    {
        var clean = new StringBuilder(name.Length);
        foreach (var letter in name)
        {
            var kept = char.IsAsciiLetterOrDigit(letter) ? letter : '_';
            if (kept != '_' || clean.Length == 0 || clean[^1] != '_')
            {
                clean.Append(kept);
            }
        }

        return clean.ToString();
    }

    private static string ValueOf(object? value) => value switch
    {
        null => "",
        bool yes => yes ? "true" : "false",
        IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString() ?? "",
    };

    private static string Escape(string value) =>
        value.Replace("\\", @"\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal);
}
