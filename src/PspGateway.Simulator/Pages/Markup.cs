using System.Text.Encodings.Web;
using System.Text.Unicode;

namespace PspGateway.Simulator.Pages;

/// <summary>HTML. What is put into <see cref="Of"/> is encoded, unless it is HTML itself.</summary>
internal readonly record struct Markup(string Html)
{
    private static readonly HtmlEncoder Encoder = HtmlEncoder.Create(UnicodeRanges.All);

    public static Markup Empty { get; } = new("");

    public static Markup Of(FormattableString html) =>
        new(string.Format(html.Format, [.. html.GetArguments().Select(value => (object)Encode(value))]));

    public static Markup Join(IEnumerable<Markup> parts) => new(string.Concat(parts.Select(part => part.Html)));

    public static string Kroner(long minorUnits) => $"{minorUnits / 100:#,0}".Replace(',', '\u00a0') + $",{minorUnits % 100:00} kr";

    private static string Encode(object? value) =>
        value is Markup markup ? markup.Html ?? "" : Encoder.Encode(value?.ToString() ?? "");
}
