using PspGateway.ProofTests.Failpoints;

namespace PspGateway.ProofTests.Sweeping;

internal enum Blow
{
    Kill,
    Throw,
    Stall,
}

internal enum Outcome
{
    Approve,
    Decline,
    SoftDecline,

    /// <summary>It is approved, and the failpoint is met by a capture, a refund or a cancel of it.</summary>
    Capture,
    Refund,
    Cancel,
}

/// <summary>One payment that comes past one failpoint.</summary>
internal sealed class Case(Place place, Blow blow, Outcome outcome)
{
    public Place Place => place;

    public Blow Blow => blow;

    public Outcome Outcome => outcome;

    public string Reference { get; } = World.Shop.AReference();

    public string? Payment { get; set; }

    /// <summary>An amount with øre is approved; the others as the simulator's table says. After a step-up the outcome is the second call's.</summary>
    public long Amount => outcome switch
    {
        Outcome.Approve when place.Way == Way.StepUpGivenUp => 920_100,
        Outcome.Approve when place.Way == Way.StepUp => 920_200,
        Outcome.Decline when place.Way == Way.StepUp => 920_900,
        Outcome.SoftDecline when place.Way == Way.StepUp => 921_000,
        Outcome.Decline => 900_200,
        Outcome.SoftDecline => 903_800,
        _ => 49_950,
    };

    /// <summary>The failpoint is armed only when the customer has paid.</summary>
    public bool IsOfPaid => place.Way is Way.Modified or Way.TakenBack;

    public bool IsOfCreate => place.Way is Way.Create or Way.CreateWithoutToken;

    /// <summary>A neighbour's call would wait behind it.</summary>
    public bool HoldsTheConnection => blow == Blow.Stall && place.HoldsTheConnection;

    /// <summary>Where no payment is known yet, or all go together, the first who comes is meant.</summary>
    public string Key => place.Name is "expiry.before-commit" or "freeze.before-commit" or "freeze.after-commit" || place.Way == Way.CreateWithoutToken ? "*"
        : IsOfCreate ? Reference
        : Payment ?? throw new InvalidOperationException("Not created yet.");

    /// <summary>The same with another payment.</summary>
    public Case Again() => new(place, blow, outcome);

    public override string ToString() => $"{place.Name} x {blow} x {outcome}";

    /// <summary>Every failpoint, every blow, and every outcome on whose way it lies. What nobody approves has no outcome.</summary>
    public static IReadOnlyList<Case> Of(IEnumerable<Place> places, Blow blow) =>
    [
        .. from place in places
           from outcome in Enum.GetValues<Outcome>()
           where place.Way == Way.Modified ? outcome >= Outcome.Capture : outcome == Outcome.Approve || (outcome < Outcome.Capture && !(place.ApprovalsOnly || place.Way == Way.Nobody))
           select new Case(place, blow, outcome),
    ];
}
