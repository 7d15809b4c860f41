namespace PspGateway.ProofTests.Books;

/// <summary>An approval at the acquirer, from its line in the books to the line that undid it.</summary>
internal sealed class Approval(BookLine made)
{
    public BookLine Made => made;

    public long Authorised => made.Amount ?? 0;

    public long Captured { get; set; }

    public long Refunded { get; set; }

    public long Cancelled { get; set; }

    /// <summary>The line that left nothing held and nothing captured.</summary>
    public BookLine? Undone { get; set; }

    public bool IsLiveAt(long number) => made.Number < number && (Undone is null || Undone.Number > number);
}

/// <summary>What the others' books say of one payment.</summary>
internal sealed class Ledger
{
    public long? Created { get; private set; }

    public List<Approval> Approvals { get; } = [];

    /// <summary>Vipps took our OK.</summary>
    public BookLine? Reserved { get; private set; }

    /// <summary>What Vipps believes in the end: RESERVED, FAILED, TIMED_OUT …</summary>
    public string? VippsState { get; private set; }

    public List<BookLine> Reports { get; } = [];

    /// <summary>The first line after which more was captured and cancelled than authorised, or more refunded than captured.</summary>
    public BookLine? Overdrawn { get; private set; }

    /// <summary>Captures and refunds for which there was not enough.</summary>
    public List<BookLine> Refused { get; } = [];

    /// <summary>Captures and refunds that the acquirer undid after they were done.</summary>
    public int Undoings { get; private set; }

    public int FailuresTold => Reports.Count(r => r.What.EndsWith(" FAILED", StringComparison.Ordinal));

    private readonly List<BookLine> _effects = [];

    /// <summary>The keys of each authorise, and of each authentication, by their references.</summary>
    public List<(string Reference, string Key)> AuthoriseKeys { get; } = [];

    public bool CryptogramSentTwice { get; private set; }

    /// <summary>What moved, or was told, under that word, by size.</summary>
    public IReadOnlyList<long> AmountsOf(string what) => [.. _effects.Concat(Reports).Where(l => l.What == what).Select(l => l.Amount ?? 0).Order()];

    public static IReadOnlyDictionary<string, Ledger> Read(IEnumerable<BookLine> books)
    {
        var ledgers = new Dictionary<string, Ledger>(StringComparer.Ordinal);
        foreach (var line in books.OrderBy(l => l.Number))
        {
            if (line.Payment is { } payment)
            {
                if (!ledgers.TryGetValue(payment, out var ledger))
                {
                    ledgers[payment] = ledger = new Ledger();
                }

                if (line.Side == "vipps")
                {
                    ledger.TakeVipps(line);
                }
                else
                {
                    ledger.TakeAcquirer(line);
                }
            }
        }

        return ledgers;
    }

    private void TakeVipps(BookLine line)
    {
        switch (line.What)
        {
            case "INITIATED":
                Created ??= line.Amount;
                break;
            case "RESERVED":
                (Reserved, VippsState) = (line, line.What);
                break;
            case "FAILED" or "TIMED_OUT" or "CANCELLED_BY_USER" or "STEP_UP":
                VippsState = line.What;
                break;
            default:
                if (line.What.StartsWith("reported ", StringComparison.Ordinal))
                {
                    Reports.Add(line);
                }

                break;
        }
    }

    private void TakeAcquirer(BookLine line)
    {
        var approval = Approvals.Find(a => a.Made.Subject == line.Subject);
        switch (line.What)
        {
            case "Authorised" or "AUTHORISED" or "PartiallyAuthorised" when line.Amount > 0:
                Approvals.Add(new Approval(line));
                break;
            case "CANCELLATION" or "TECHNICAL_CANCEL" or "CANCEL_OR_REFUND" when approval is not null:
                approval.Cancelled += line.Amount ?? 0;
                approval.Undone ??= approval.Captured == 0 ? line : null;
                break;
            case "CAPTURE" when approval is not null:
                approval.Captured += line.Amount ?? 0;
                _effects.Add(line);
                break;
            case "REFUND" when approval is not null:
                approval.Refunded += line.Amount ?? 0;
                _effects.Add(line);
                break;
            case "CAPTURE_FAILED" when approval is not null:
                approval.Captured -= line.Amount ?? 0;
                Undoings++;
                break;
            case "REFUND_FAILED" or "REFUNDED_REVERSED" when approval is not null:
                approval.Refunded -= line.Amount ?? 0;
                Undoings++;
                break;
            case "CAPTURE refused" or "REFUND refused":
                Refused.Add(line);
                break;
            case "call /payments" when line.Detail?.Split("key ") is [_, var key]:
                AuthoriseKeys.Add((line.Subject, key));
                break;
            default:
                CryptogramSentTwice |= line.What.Contains("cryptogram used before", StringComparison.Ordinal);
                break;
        }

        if (approval is not null && (approval.Captured + approval.Cancelled > approval.Authorised || approval.Refunded > approval.Captured || approval.Refunded < 0))
        {
            Overdrawn ??= line;
        }
    }
}
