namespace PspGateway.ProofTests.Books;

/// <summary>Judges captures, refunds and cancels: what the merchant was told against what the acquirer did, and what Vipps heard of it.</summary>
internal static class OrderChecker
{
    public static IEnumerable<Breach> OfOrders(IReadOnlyList<Order> orders, IReadOnlyDictionary<string, Ledger> ledgers, IReadOnlyDictionary<string, Row> rows) =>
    [
        .. orders.GroupBy(o => o.Key, StringComparer.Ordinal).Where(same => same.Distinct().Count() > 1)
            .Select(same => new Breach("I9", same.First().Payment, $"one {same.First().What} was answered {string.Join(" and ", same.Select(o => $"{o.Status} {o.Body}").Distinct())}")),
        .. from ofPayment in orders.GroupBy(o => o.Payment, StringComparer.Ordinal)
           where ledgers.ContainsKey(ofPayment.Key) && rows.GetValueOrDefault(ofPayment.Key) is { Parked: false } && !ofPayment.Any(o => o.MayFail)
           from what in Kept([.. ofPayment.Where(o => o.Accepted).DistinctBy(o => o.Key)], ledgers[ofPayment.Key])
           select new Breach("I6", ofPayment.Key, what),
    ];

    /// <summary>The other side's books alone: every effect is told to Vipps once, and none that is not.</summary>
    public static IEnumerable<(string Rule, string What)> OfLedger(Ledger ledger, Row? row)
    {
        if (ledger.Overdrawn is { } line)
        {
            yield return ("I4", $"at line {line.Number}, {line.What} of {line.Amount}, more was moved than there was");
        }

        foreach (var refused in ledger.Refused)
        {
            yield return ("I4", $"the acquirer had to refuse: {refused.What} of {refused.Amount}, {refused.Detail}");
        }

        if (row is null or { Parked: true })
        {
            yield break;
        }

        foreach (var (effect, told) in new[] { ("CAPTURE", "reported CAPTURED"), ("REFUND", "reported REFUNDED") })
        {
            var (done, heard) = (ledger.AmountsOf(effect), ledger.AmountsOf(told));
            if (!done.SequenceEqual(heard))
            {
                yield return ("I5", $"{effect} of [{string.Join(", ", done)}] at the acquirer, {told} [{string.Join(", ", heard)}] at Vipps");
            }
        }

        if (row.Cancelled != 0 && ledger.AmountsOf("reported CANCELLED").Sum() != row.Cancelled)
        {
            yield return ("I5", $"{row.Cancelled} øre are cancelled, {ledger.AmountsOf("reported CANCELLED").Sum()} were reported");
        }

        if (ledger.Undoings > ledger.FailuresTold)
        {
            yield return ("I5", $"the acquirer undid {ledger.Undoings} captures or refunds, Vipps was told of {ledger.FailuresTold}");
        }

        if (ledger.Reports.FindIndex(r => r.What == "reported RESERVED") > 0)
        {
            yield return ("I5", $"{ledger.Reports[0].What} came before RESERVED");
        }
    }

    /// <summary>What was answered 200 has happened, and nothing that was not.</summary>
    private static IEnumerable<string> Kept(IReadOnlyList<Order> accepted, Ledger ledger)
    {
        foreach (var (what, effect) in new[] { ("capture", "CAPTURE"), ("refund", "REFUND") })
        {
            var (promised, done) = (accepted.Where(o => o.What == what).Sum(o => o.Amount ?? 0), ledger.AmountsOf(effect).Sum());
            if (promised != done)
            {
                yield return $"the merchant was told of {promised} øre of {what}, the acquirer did {done}";
            }
        }

        if (accepted.Any(o => o.What == "cancel") && ledger.Approvals.Any(a => a.Captured + a.Cancelled != a.Authorised))
        {
            yield return "the merchant was told that the rest is cancelled, and the acquirer still holds it";
        }
    }
}
