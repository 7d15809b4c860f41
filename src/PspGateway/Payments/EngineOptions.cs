using System.ComponentModel.DataAnnotations;
using PspGateway.Domain.Cards;

namespace PspGateway.Payments;

/// <summary>The clocks of one answer, all measured from the request's first byte (ENGINE 1, 5, 8). Vipps gives up after 15 s.</summary>
internal sealed class DeadlineOptions
{
    public const string Section = "Deadlines";

    /// <summary>How long one call to the acquirer may take.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:14")]
    public TimeSpan AcquirerTimeout { get; set; } = TimeSpan.FromSeconds(9);

    /// <summary>When an undecided answer becomes FAIL.</summary>
    [Range(typeof(TimeSpan), "00:00:00.100", "00:00:14")]
    public TimeSpan StopWaiting { get; set; } = TimeSpan.FromSeconds(11);

    /// <summary>When an answer must have left at the latest; no OK is sent after it.</summary>
    [Range(typeof(TimeSpan), "00:00:00.200", "00:00:14.500")]
    public TimeSpan AnswerBy { get; set; } = TimeSpan.FromSeconds(12);

    /// <summary>Until when a late FAIL may be written; then the answer goes out without it (ENGINE 8).</summary>
    public TimeSpan LastLook => StopWaiting + TimeSpan.FromTicks(Math.Max((AnswerBy - StopWaiting).Ticks * 8 / 10, TimeSpan.FromMilliseconds(50).Ticks));

    /// <summary>The last moment for an OK, which the last look may have found: after it, and before <see cref="AnswerBy"/>.</summary>
    public TimeSpan LastOk => TimeSpan.FromTicks(Math.Min((LastLook + AnswerBy).Ticks / 2, AnswerBy.Ticks));
}

internal sealed class OperationOptions
{
    public const string Section = "Operations";

    /// <summary>The cancel ladder (ENGINE 13), offsets from its start. An empty list means these.</summary>
    public static readonly IReadOnlyList<TimeSpan> DefaultBackoff =
    [
        TimeSpan.Zero, TimeSpan.FromSeconds(15), TimeSpan.FromMinutes(1), TimeSpan.FromMinutes(5), TimeSpan.FromMinutes(15),
        TimeSpan.FromHours(1), TimeSpan.FromHours(4), TimeSpan.FromHours(12),
    ];

    /// <summary>How long a process owns an operation without being heard of, by the database's clock.</summary>
    [Range(typeof(TimeSpan), "00:00:01", "00:10:00")]
    public TimeSpan Lease { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>Offsets of the cancel ladder's rungs from its start, rising.</summary>
    public IList<TimeSpan> Backoff { get; } = [];

    /// <summary>How long after our last send a cancel by our own reference proves that nothing of it can still be on its way (ENGINE 13).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "01:00:00")]
    public TimeSpan ProofAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the queue is looked at when nothing signals; some jitter is added.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "00:01:00")]
    public TimeSpan Poll { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How many operations one claim takes.</summary>
    [Range(1, 100)]
    public int ClaimSize { get; set; } = 100;

    /// <summary>How many operations one process works on at once.</summary>
    [Range(1, 100)]
    public int Parallel { get; set; } = 8;

    /// <summary>How often the handling of one operation may break before it is put before a person. A database that is away does not count.</summary>
    [Range(1, 1000)]
    public int MostFailures { get; set; } = 10;

    public IReadOnlyList<TimeSpan> Rungs => Backoff.Count == 0 ? DefaultBackoff : [.. Backoff];
}

internal sealed class PaymentOptions
{
    public const string Section = "Payments";

    /// <summary>How long a payment waits for an approval, from init's answer (ENGINE 21).</summary>
    [Range(typeof(TimeSpan), "00:00:01", "1.00:00:00")]
    public TimeSpan ExpireAfter { get; set; } = TimeSpan.FromMinutes(15);
}

/// <summary>
/// How long the acquirer holds an authorisation, by the card's scheme, and what is done before that ends (ENGINE 21). Vipps tells merchants
/// 7 days for Visa and 30 for Mastercard; Adyen lets go of every card's after 28.
/// </summary>
internal sealed class AuthorisationLifeOptions
{
    public const string Section = "Payments:AuthorisationLife";

    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan Visa { get; set; } = TimeSpan.FromDays(7);

    [Range(typeof(TimeSpan), "00:00:01", "365.00:00:00")]
    public TimeSpan Mastercard { get; set; } = TimeSpan.FromDays(28);

    /// <summary>How long before the end the merchant is warned.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan WarnBefore { get; set; } = TimeSpan.FromDays(1);

    /// <summary>From how long before the end on nothing is captured any more, and what is left is cancelled.</summary>
    [Range(typeof(TimeSpan), "00:00:00", "30.00:00:00")]
    public TimeSpan CancelBefore { get; set; } = TimeSpan.FromHours(2);

    /// <summary>How often authorisations near their end are looked for.</summary>
    [Range(typeof(TimeSpan), "00:00:00.050", "1.00:00:00")]
    public TimeSpan Every { get; set; } = TimeSpan.FromMinutes(10);

    /// <summary>Of a card whose scheme is not known: the shorter one.</summary>
    public TimeSpan Of(CardScheme? scheme) => scheme switch
    {
        CardScheme.Visa => Visa,
        CardScheme.Mastercard => Mastercard,
        _ => Visa < Mastercard ? Visa : Mastercard,
    };

    /// <summary>Until when a payment that was authorised at that moment can be captured.</summary>
    public DateTimeOffset CaptureBefore(DateTimeOffset authorisedAt, string? cardBin) => authorisedAt + Of(CardSchemes.OfBin(cardBin)) - CancelBefore;

    /// <summary>Until when a capture that was accepted before that may first go out.</summary>
    public DateTimeOffset SendBefore(DateTimeOffset authorisedAt, string? cardBin) => CaptureBefore(authorisedAt, cardBin) + (CancelBefore / 2);
}

internal sealed class GatewayOptions
{
    public const string Section = "Gateway";

    /// <summary>The https address under which Vipps and customers reach this service; http on loopback only.</summary>
    [Required]
    public Uri? PublicBaseUrl { get; set; }

    /// <summary>An absolute address of ours.</summary>
    public Uri Address(string path) => new($"{PublicBaseUrl?.AbsoluteUri.TrimEnd('/')}{path}");
}
