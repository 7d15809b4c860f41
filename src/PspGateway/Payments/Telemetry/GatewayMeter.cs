using System.Diagnostics;
using System.Diagnostics.Metrics;
using PspGateway.Domain.Operations;

namespace PspGateway.Payments.Telemetry;

/// <summary>
/// What the gateway counts about itself, in OpenTelemetry's naming; docs/operations.md says what each means. Every label has a small, fixed
/// set of values: never an id, a merchant, or text that came from outside. Without a reader nothing is recorded.
/// </summary>
internal static class GatewayMeter
{
    public const string Name = "PspGateway";

    private static readonly double[] AnswerSeconds = [0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7, 9, 10, 11, 11.5, 12, 15];
    private static readonly double[] CallSeconds = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 3, 5, 7, 9, 10];

    private static readonly double[] LagSeconds = [0.5, 1, 2, 5, 10, 30, 60, 300, 900, 3600, 14_400, 86_400];

    private static readonly Meter Meter = new(Name);
    private static readonly Counter<long> PaymentsCreated = Meter.CreateCounter<long>("pspgateway.payments.created", "{payment}", "Payments stored for merchants.");
    private static readonly Counter<long> Outcomes = Meter.CreateCounter<long>("pspgateway.authorisations", "{authorisation}", "Authorisations by what the acquirer said, and the reason of a decline.");
    private static readonly Counter<long> Answers = Meter.CreateCounter<long>("pspgateway.answers", "{answer}", "Answers to makePayment by decision and Vipps' error id, repeats included.");
    private static readonly Counter<long> DeadlineFails = Meter.CreateCounter<long>("pspgateway.answers.deadline", "{answer}", "Answers FAIL 85 that were given because the deadline had come.");
    private static readonly Histogram<double> AnswerDuration = Meter.CreateHistogram("pspgateway.answer.duration", "s", "From a makePayment's first byte to its answer.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = AnswerSeconds });
    private static readonly Histogram<double> CallDuration = Meter.CreateHistogram("pspgateway.counterparty.call.duration", "s", "Calls to the acquirer and to Vipps by what came of them.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = CallSeconds });
    private static readonly Counter<long> DeliveredMarks = Meter.CreateCounter<long>("pspgateway.delivered_marks", "{mark}", "OKs that left, by whether their delivered mark could be stored.");
    private static readonly Counter<long> DoubtfulOks = Meter.CreateCounter<long>("pspgateway.oks.doubtful", "{answer}", "OKs that may not have arrived, or that Vipps did not take: their approvals are reversed.");
    private static readonly Counter<long> Reversals = Meter.CreateCounter<long>("pspgateway.reversals", "{reversal}", "Reversals that came to their end, or that were parked for a person.");
    private static readonly Counter<long> Modifications = Meter.CreateCounter<long>("pspgateway.modifications", "{operation}", "Captures, refunds and cancels by what became of them.");
    private static readonly Counter<long> Endings = Meter.CreateCounter<long>("pspgateway.authorisations.ending", "{authorisation}", "Authorisations near their end at the acquirer, with some of them held still, by what was done.");
    private static readonly Counter<long> Notifications = Meter.CreateCounter<long>("pspgateway.notifications", "{notification}", "Notifications of the acquirer by what became of them.");
    private static readonly Counter<long> Reports = Meter.CreateCounter<long>("pspgateway.reports", "{report}", "Status updates sent to Vipps, by what came of the try.");
    private static readonly Histogram<double> Lag = Meter.CreateHistogram("pspgateway.report.lag", "s", "From the moment that something became true to the moment that Vipps was told, of the oldest in each batch.", advice: new InstrumentAdvice<double> { HistogramBucketBoundaries = LagSeconds });
    private static readonly string[] Reasons = [.. Enum.GetNames<DeclineReason>().Select(LabelWords.Of)];

    public static void PaymentCreated() => PaymentsCreated.Add(1);

    /// <summary>The acquirer's outcome is recorded. <paramref name="reason"/> is set where the card was declined.</summary>
    public static void OutcomeRecorded(AuthorisationOutcome outcome, DeclineReason? reason)
    {
        var (word, why) = (LabelWords.Of(outcome.GetType()), reason is { } declined ? Reasons[(int)declined] : "none");
        Outcomes.Add(1, new TagList { { "outcome", word }, { "reason", why } });
        Activity.Current?.SetTag("outcome", word).SetTag("reason", why);
    }

    /// <param name="decision">ok, fail or soft_decline.</param>
    /// <param name="errorId">The number that Vipps was given, or "none".</param>
    /// <param name="duration">From the request's first byte.</param>
    /// <param name="atDeadline">It was given because nothing was settled in time.</param>
    public static void Answered(string decision, string errorId, TimeSpan duration, bool atDeadline)
    {
        Answers.Add(1, new TagList { { "decision", decision }, { "error_id", errorId } });
        AnswerDuration.Record(duration.TotalSeconds, new TagList { { "decision", decision } });
        if (atDeadline)
        {
            DeadlineFails.Add(1);
        }

        Activity.Current?.SetTag("decision", decision).SetTag("error_id", errorId);
    }

    public static void Called(string counterparty, string call, string outcome, TimeSpan duration) =>
        CallDuration.Record(duration.TotalSeconds, new TagList { { "counterparty", counterparty }, { "call", call }, { "outcome", outcome } });

    public static void Delivered(bool marked) => DeliveredMarks.Add(1, new TagList { { "stored", marked ? "true" : "false" } });

    public static void Doubtful(DoubtCause why) => DoubtfulOks.Add(1, new TagList { { "why", LabelWords.Of(why) } });

    public static void ReversalEnded() => Reversals.Add(1, new TagList { { "result", "done" } });

    public static void ReversalParked() => Reversals.Add(1, new TagList { { "result", "parked" } });

    public static void Modified(OperationKind kind, ModificationResult result) =>
        Modifications.Add(1, new TagList { { "kind", LabelWords.Of(kind) }, { "result", LabelWords.Of(result) } });

    public static void Ending(EndingStep step) => Endings.Add(1, new TagList { { "step", LabelWords.Of(step) } });

    public static void Notified(NewsVerdict verdict) => Notifications.Add(1, new TagList { { "verdict", LabelWords.Of(verdict) } });

    public static void ReportLag(TimeSpan waited) => Lag.Record(waited.TotalSeconds);

    public static void Reported(ReportResult result, int updates) => Reports.Add(updates, new TagList { { "result", LabelWords.Of(result) } });
}

/// <summary>Why an OK that was given is taken back.</summary>
internal enum DoubtCause
{
    /// <summary>Its connection broke while it was written.</summary>
    ConnectionBroken,

    /// <summary>Its lease ended without a delivered mark: the process is gone.</summary>
    LeaseEnded,

    /// <summary>The wallet said afterwards that it did not take it.</summary>
    RefusedByWallet,
}

/// <summary>What was done about an authorisation near its end.</summary>
internal enum EndingStep
{
    Warned,
    Cancelled,

    /// <summary>The acquirer refuses its cancel again and again: a person must look.</summary>
    NotReleased,
}

/// <summary>What came of a try to report.</summary>
internal enum ReportResult
{
    Sent,

    /// <summary>Surely without effect: it is sent again soon.</summary>
    Retried,

    /// <summary>Perhaps with effect: it rests until Vipps' details can tell.</summary>
    Doubtful,

    /// <summary>Refused as part of a batch: the batch is halved to find the one at fault.</summary>
    Split,

    /// <summary>Refused for good: a person must look.</summary>
    Parked,
}

/// <summary>What became of a capture, refund or cancel.</summary>
internal enum ModificationResult
{
    Done,

    /// <summary>Nothing was done; its amount is given back.</summary>
    Failed,

    /// <summary>It was done, and undone by the acquirer later.</summary>
    TakenBack,

    /// <summary>Nobody knows: a person must look.</summary>
    Parked,
}
