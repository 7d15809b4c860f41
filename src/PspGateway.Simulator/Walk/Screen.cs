using System.Globalization;

namespace PspGateway.Simulator.Walk;

/// <summary>Lines for a terminal of at least 100 columns; plain where colours would be noise.</summary>
internal sealed class Screen(TextWriter output, TimeProvider time, bool colour)
{
    private const int Width = 96;
    private const int WordWidth = 11;
    private const int TimeWidth = 9;
    private const int TextWidth = Width - 4 - WordWidth - 1 - TimeWidth;

    private const string Green = "32";
    private const string Red = "31";
    private const string Bold = "1";
    private const string Dim = "2";

    /// <summary>https://no-color.org, and a pipe or a file is no terminal.</summary>
    public static bool WantsColour() => !Console.IsOutputRedirected
        && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"))
        && Environment.GetEnvironmentVariable("TERM") is { Length: > 0 } and not "dumb";

    public void Title(string text) => output.WriteLine($"\n  {Paint(Bold, text)}");

    public void Note(string text) => output.WriteLine("  " + Paint(Dim, Clip(text, Width - 2)));

    public void Blank() => output.WriteLine();

    public void Held(string word, string text, long started) => Step(Paint(Green, "✓"), word, text, started);

    public void Failed(string word, string text, long started, StepFailedException failure)
    {
        Step(Paint(Red, "✗"), word, text, started);
        Detail("expected", failure.Expected);
        Detail("seen", failure.Seen);
    }

    public void NotReached(string word, string text) =>
        output.WriteLine(Paint(Dim, $"  · {word,-WordWidth} {Clip(text, TextWidth),-TextWidth}{"not run",TimeWidth}"));

    public void Row(string name, IReadOnlyList<string> cells, bool? agree)
    {
        var mark = agree switch { null => "", true => Paint(Green, "✓"), false => Paint(Red, "✗ they differ") };
        output.WriteLine($"    {name,-WordWidth} {string.Concat(cells.Select(cell => $"{Clip(cell, 21),-22}"))}{mark}".TrimEnd());
    }

    public void Header(IReadOnlyList<string> cells) =>
        output.WriteLine(Paint(Dim, $"    {"",-WordWidth} {string.Concat(cells.Select(cell => $"{cell,-22}"))}".TrimEnd()));

    public void Verdict(bool held, string text) => output.WriteLine($"\n  {Paint(held ? Green : Red, (held ? "✓ " : "✗ ") + text)}\n");

    public static string Money(long minorUnits) => (minorUnits / 100m).ToString("0.00", CultureInfo.InvariantCulture);

    private void Step(string mark, string word, string text, long started) =>
        output.WriteLine($"  {mark} {Paint(Bold, $"{word,-WordWidth}")} {Clip(text, TextWidth),-TextWidth}{Paint(Dim, $"{Took(started),TimeWidth}")}");

    private void Detail(string name, string text) => output.WriteLine($"      {name,-9}{Clip(text, Width - 15)}");

    private string Took(long started)
    {
        var took = time.GetElapsedTime(started);
        return took.TotalSeconds < 1
            ? ((long)took.TotalMilliseconds).ToString(CultureInfo.InvariantCulture) + " ms"
            : took.TotalSeconds.ToString("0.0", CultureInfo.InvariantCulture) + " s";
    }

    private string Paint(string code, string text) => colour ? $"\u001b[{code}m{text}\u001b[0m" : text;

    private static string Clip(string text, int most)
    {
        var line = text.ReplaceLineEndings(" ");
        return line.Length <= most ? line : line[..(most - 1)] + "…";
    }
}
