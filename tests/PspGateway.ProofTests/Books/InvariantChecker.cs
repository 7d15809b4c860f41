namespace PspGateway.ProofTests.Books;

/// <summary>A promise of docs/invariants.md that was broken.</summary>
internal sealed record Breach(string Rule, string Payment, string What)
{
    public override string ToString() => $"{Rule} {Payment}: {What}";
}

/// <summary>Judges a run by the books of the other side; by our database only where it must agree with them, at rest.</summary>
internal static class InvariantChecker
{
    private static readonly TimeSpan ReverseWithin = TimeSpan.FromSeconds(120);
    private static readonly TimeSpan OnItsWay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan AsTheCallerSees = TimeSpan.FromMilliseconds(500);

    public static IReadOnlyList<Breach> Check(Facts facts)
    {
        var ledgers = Ledger.Read(facts.Books);
        var rows = facts.Rows.ToDictionary(r => r.Payment, StringComparer.Ordinal);
        return
        [
            .. ledgers.SelectMany(l => OfLedger(l.Key, l.Value, rows.GetValueOrDefault(l.Key))),
            .. facts.Rows.Where(r => !ledgers.ContainsKey(r.Payment) && r.State is "Authorised" or "Approved").Select(r => new Breach("I3", r.Payment, $"is {r.State}, and nobody knows of it")),
            .. facts.Undecided.Select(u => new Breach("I6", "-", $"at rest, {u}")),
            .. facts.Rows.Where(r => r.Parked).Select(r => new Breach("I6", r.Payment, $"was put before a person: {r.ParkedWhy}")),
            .. facts.SealedTokens > 0 ? [new Breach("I8", "-", $"{facts.SealedTokens} sealed tokens are left")] : Array.Empty<Breach>(),
            .. OrderChecker.OfOrders(facts.Orders, ledgers, rows),
            .. facts.Calls.SelectMany(c => OfCall(c, facts.AnswerBy, rows.GetValueOrDefault(c.Payment))),
        ];
    }

    /// <summary>How long each approval that was undone had stood.</summary>
    public static IReadOnlyList<TimeSpan> TimesToReversal(Facts facts) =>
        [.. Ledger.Read(facts.Books).Values.SelectMany(l => l.Approvals).Where(a => a.Undone is not null).Select(a => a.Undone!.At - a.Made.At)];

    private static IEnumerable<Breach> OfLedger(string payment, Ledger ledger, Row? row) =>
        OneAtATime(ledger).Concat(ToldOrUndone(ledger, row)).Concat(OkStandsOnAnApproval(ledger, row)).Concat(Sums(ledger, row)).Concat(Reports(ledger, row)).Concat(OneKey(ledger)).Concat(OrderChecker.OfLedger(ledger, row))
            .Select(b => new Breach(b.Rule, payment, b.What));

    private static IEnumerable<(string Rule, string What)> OneAtATime(Ledger ledger) => ledger.Approvals
        .Where(approval => ledger.Approvals.Any(other => other != approval && other.IsLiveAt(approval.Made.Number)))
        .Select(approval => ("I1", $"{approval.Made.Subject} was approved while another approval was live"));

    private static IEnumerable<(string Rule, string What)> ToldOrUndone(Ledger ledger, Row? row)
    {
        if (row is { Parked: true })
        {
            yield break;
        }

        foreach (var approval in ledger.Approvals)
        {
            var told = ledger.VippsState == "RESERVED" && approval.IsLiveAt(ledger.Reserved!.Number);
            if (!told && approval.Undone is null && (approval.Captured == 0 || ledger.Reserved is null))
            {
                yield return ("I2", $"{approval.Made.Subject} holds {approval.Authorised} øre, and Vipps believes {ledger.VippsState ?? "nothing"}");
            }

            if (!told && approval.Undone is { } undone && undone.At - approval.Made.At > ReverseWithin)
            {
                yield return ("I2", $"{approval.Made.Subject} was undone only after {(undone.At - approval.Made.At).TotalSeconds:F0} s");
            }

            if (told && approval.Undone is not null && !ledger.Reports.Exists(r => r.What == "reported CANCELLED"))
            {
                yield return ("I2", $"{approval.Made.Subject} was undone after OK, and Vipps was not told");
            }
        }
    }

    private static IEnumerable<(string Rule, string What)> OkStandsOnAnApproval(Ledger ledger, Row? row)
    {
        if (ledger.Reserved is not { } reserved)
        {
            yield break;
        }

        if (ledger.Approvals.Where(a => a.IsLiveAt(reserved.Number) || IsCancelledMeanwhile(a, reserved, row)).Select(a => a.Authorised).ToList() is not [var held] || held != ledger.Created)
        {
            yield return ("I3", "Vipps got OK without a live approval of exactly the created amount");
        }

        if (row?.Answer != "Ok")
        {
            yield return ("I3", $"Vipps got OK, and our database says {row?.Answer ?? "nothing"}");
        }
    }

    /// <summary>The merchant may cancel as soon as the OK has left, and be faster than its way into Vipps' book.</summary>
    private static bool IsCancelledMeanwhile(Approval approval, BookLine reserved, Row? row) =>
        row is { State: "Authorised", Cancelled: > 0 } && approval.Made.Number < reserved.Number && approval.Undone is { } undone && reserved.At - undone.At < OnItsWay;

    private static IEnumerable<(string Rule, string What)> Sums(Ledger ledger, Row? row)
    {
        if (row is null or { Parked: true })
        {
            yield break;
        }

        var live = ledger.Approvals.Where(a => a.Undone is null).ToList();
        var (held, captured, refunded) = (live.Sum(a => a.Authorised - a.Cancelled), live.Sum(a => a.Captured), live.Sum(a => a.Refunded));
        var ours = row.State is "Authorised" or "Approved" ? row.Amount - row.Cancelled : 0;
        if (held != ours || captured != row.Captured || refunded != row.Refunded)
        {
            yield return ("I4", $"the acquirer holds {held} øre ({captured} captured, {refunded} refunded), our database says {ours} ({row.Captured}, {row.Refunded}), {row.State}");
        }
    }

    private static IEnumerable<(string Rule, string What)> Reports(Ledger ledger, Row? row)
    {
        var (reserved, cancelled) = (ledger.Reports.Count(r => r.What == "reported RESERVED"), ledger.Reports.Count(r => r.What == "reported CANCELLED"));
        if (reserved > 1 || cancelled > 1)
        {
            yield return ("I5", $"reported RESERVED {reserved} times, CANCELLED {cancelled} times");
        }

        if (row is not null && (reserved > 0) != row.Delivered)
        {
            yield return ("I5", $"RESERVED was reported {reserved} times, and the OK is delivered: {row.Delivered}");
        }

        if (row is { Parked: false } && (cancelled > 0) != (row.State == "Withdrawn" || row.Cancelled > 0))
        {
            yield return ("I5", $"CANCELLED was reported {cancelled} times of a payment that is {row.State}");
        }
    }

    private static IEnumerable<(string Rule, string What)> OneKey(Ledger ledger)
    {
        if (ledger.CryptogramSentTwice || ledger.AuthoriseKeys.GroupBy(k => k.Reference, StringComparer.Ordinal).Any(keys => keys.Distinct().Count() > 1))
        {
            yield return ("I9", "a cryptogram went out under a second key");
        }
    }

    private static IEnumerable<Breach> OfCall(Call call, TimeSpan answerBy, Row? row)
    {
        if (!call.NoAnswerPromised && (call.Status is null || call.ElapsedMs > (answerBy + AsTheCallerSees).TotalMilliseconds))
        {
            yield return new Breach("I11", call.Payment, call.Status is null ? $"{call.State} got no answer in {call.ElapsedMs:F0} ms" : $"{call.State} was answered after {call.ElapsedMs:F0} ms");
        }

        if (call is { Status: not null and not 200, NoAnswerPromised: false, WasBroken: false })
        {
            yield return new Breach("I11", call.Payment, $"{call.State} was answered HTTP {call.Status}");
        }

        if (call.MustSay is { } truth && call.Says != truth)
        {
            yield return new Breach("truth", call.Payment, $"the acquirer answered in time, the customer was told {call.Says ?? "nothing"} instead of {truth}");
        }

        // An OK that was taken back is repeated to nobody, and a soft decline to nobody after its step-up has ended.
        if (call.Afterwards && row is { AnswerBody: { } stored } and not { State: "Withdrawn" } and not { Answer: "SoftDecline" } && call.Body != stored)
        {
            yield return new Breach("I9", call.Payment, $"the stored answer is {stored}, a repeat got {call.Body}");
        }
    }
}
