using PspGateway.ProofTests.Books;

namespace PspGateway.ProofTests.World;

/// <summary>What a run has shown, for a person. PROOF_REPORT names a file that it is added to.</summary>
internal static class Report
{
    public static void Write(ITestOutputHelper output, string title, Facts facts, IReadOnlyList<Breach> breaches, IEnumerable<(string Name, string Value)> figures)
    {
        var promised = facts.Calls.Where(c => !c.NoAnswerPromised && c.Status is not null).ToList();
        var reversals = InvariantChecker.TimesToReversal(facts);
        var answers = facts.Calls.Where(c => !c.Afterwards).GroupBy(c => c.Status is null ? "no answer" : c.Says ?? $"HTTP {c.Status}").OrderByDescending(g => g.Count());
        List<(string Name, string Value)> all =
        [
            ("payments", $"{facts.Rows.Count}"),
            .. figures,
            ("answers", string.Join(", ", answers.Select(g => $"{g.Key} {g.Count()}"))),
            ("slowest answer", promised.Count == 0 ? "-" : $"{promised.Max(c => c.ElapsedMs) / 1000:F2} s, of a limit of {facts.AnswerBy.TotalSeconds + 0.5:F1} s"),
            ("captures, refunds, cancels", facts.Orders.Count == 0 ? "-" : string.Join(", ", facts.Orders.DistinctBy(o => o.Key).GroupBy(o => $"{o.What} {o.Status}").OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => $"{g.Key}: {g.Count()}"))),
            ("payments by state", string.Join(", ", facts.Rows.GroupBy(r => r.State).OrderByDescending(g => g.Count()).Select(g => $"{g.Key} {g.Count()}"))),
            ("reversals", $"{reversals.Count}{(reversals.Count == 0 ? "" : $", the slowest {reversals.Max().TotalSeconds:F1} s after its approval")}"),
            ("parked", $"{facts.Rows.Count(r => r.Parked)}"),
            ("held at the acquirer", $"{Ledger.Read(facts.Books).Values.SelectMany(l => l.Approvals).Where(a => a.Undone is null).Sum(a => a.Authorised - a.Cancelled)} øre; in our database {facts.Rows.Where(r => r.State is "Authorised").Sum(r => r.Amount - r.Cancelled)} øre"),
            ("breaches", $"{breaches.Count}{(breaches.Count == 0 ? "" : ": " + string.Join(", ", breaches.GroupBy(b => b.Rule).Select(g => $"{g.Key} {g.Count()}")))}"),
        ];
        var text = $"{title}\n{string.Join('\n', all.Select(f => $"  {f.Name,-24} {f.Value}"))}\n{string.Join('\n', breaches.Take(40).Select(b => $"  ✗ {b}{Story(b, facts)}"))}";
        Line(output, text);
    }

    /// <summary>What the others' books have of a payment.</summary>
    private static string Story(Breach breach, Facts facts) =>
        string.Concat(facts.Books.Where(l => l.Payment == breach.Payment).OrderBy(l => l.Number).Take(40).Select(l => $"\n      {l.At:HH:mm:ss.fff} {l.Side,-8} {l.What} {l.Amount} {l.Detail}"));

    public static void Line(ITestOutputHelper output, string text)
    {
        output.WriteLine(text);
        if (Environment.GetEnvironmentVariable("PROOF_REPORT") is { Length: > 0 } file)
        {
            File.AppendAllText(file, text + "\n");
        }
    }
}
