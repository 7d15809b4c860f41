namespace PspGateway.ProofTests.Failpoints;

/// <summary>What must happen to a payment for it to come past a failpoint.</summary>
internal enum Way
{
    /// <summary>It is created; whoever creates it repeats the call until it has an answer.</summary>
    Create,

    /// <summary>As Create, with an access token that Vipps has taken back.</summary>
    CreateWithoutToken,

    /// <summary>It is approved in the app, and the acquirer answers.</summary>
    Plain,

    /// <summary>The acquirer answers after the answer has left.</summary>
    Late,

    /// <summary>The accept's confirmation is lost.</summary>
    LostAccept,

    /// <summary>Vipps hangs up before the OK.</summary>
    HungUp,

    /// <summary>The run breaks off at the acquirer, and the lease ends.</summary>
    Abandoned,

    /// <summary>The customer cancels while it is at the acquirer.</summary>
    Cancelled,

    /// <summary>Nobody approves.</summary>
    Nobody,

    /// <summary>Vipps' answer to its report is lost.</summary>
    LostReport,

    /// <summary>The issuer wants 3-D Secure, and there is a way back from it.</summary>
    StepUp,

    /// <summary>As StepUp, and the customer gives up at the 3-D Secure page.</summary>
    StepUpGivenUp,

    /// <summary>It is paid for; then it is captured, refunded and cancelled in parts.</summary>
    Modified,

    /// <summary>As Modified, and the acquirer undoes a capture.</summary>
    TakenBack,

    /// <summary>The merchant cancels while it is at the acquirer.</summary>
    EndedByMerchant,
}

/// <param name="ApprovalsOnly">A declined payment does not come here.</param>
/// <param name="HoldsTheAnswer">The request that Vipps waits for stands here itself: stalled, it cannot be answered in time by anybody.</param>
/// <param name="HoldsTheConnection">Its answer has left, and it is not over: what Vipps asks next on the same connection is not read before the stall ends.</param>
internal sealed record Place(string Name, Way Way, bool ApprovalsOnly = false, bool HoldsTheAnswer = false, bool HoldsTheConnection = false);

internal static class FailpointCatalogue
{
    public static IReadOnlyList<Place> Places { get; } =
    [
        new("create.before-commit", Way.Create),
        new("create.after-commit", Way.Create),
        new("vipps-token.before-send", Way.CreateWithoutToken),
        new("vipps-token.after-answer", Way.CreateWithoutToken),
        new("init.before-send", Way.Create),
        new("init.after-answer", Way.Create),
        new("init-answer.before-commit", Way.Create),
        new("init-answer.after-commit", Way.Create),
        new("callback.received", Way.Plain, HoldsTheAnswer: true),
        new("callback.found", Way.Plain, HoldsTheAnswer: true),
        new("accept.before-commit", Way.Plain, HoldsTheAnswer: true),
        new("accept.after-commit", Way.Plain),
        new("authorise.before-send", Way.Plain),
        new("authorise.after-answer", Way.Plain),
        new("outcome.before-commit", Way.Plain),
        new("outcome.after-commit", Way.Plain),
        new("answer.before-first-byte", Way.Plain, HoldsTheAnswer: true),
        new("answer.after-completion", Way.Plain, ApprovalsOnly: true, HoldsTheConnection: true),
        new("delivered.before-commit", Way.Plain, ApprovalsOnly: true),
        new("delivered.after-commit", Way.Plain, ApprovalsOnly: true),
        new("freeze.before-commit", Way.Plain, ApprovalsOnly: true),
        new("freeze.after-commit", Way.Plain, ApprovalsOnly: true),
        new("report.before-send", Way.Plain, ApprovalsOnly: true),
        new("report.after-answer", Way.Plain, ApprovalsOnly: true),
        new("report.after-commit", Way.Plain, ApprovalsOnly: true),
        new("doubt.before-read", Way.LostReport, ApprovalsOnly: true),
        new("doubt.before-commit", Way.LostReport, ApprovalsOnly: true),
        new("doubt.after-commit", Way.LostReport, ApprovalsOnly: true),
        new("notification.before-stored", Way.Plain),
        new("notification.after-stored", Way.Plain),
        new("notification.before-applied", Way.Plain),
        new("notification.before-noted", Way.Plain),
        new("notification.after-noted", Way.Plain),
        new("late-fail.before-commit", Way.Late, HoldsTheAnswer: true),
        new("late-fail.after-commit", Way.Late, HoldsTheAnswer: true),
        new("claim.after-commit", Way.Late),
        new("cancel.before-send", Way.Late),
        new("cancel.after-answer", Way.Late),
        new("rung.before-commit", Way.Late),
        new("rung.after-commit", Way.Late),
        new("reversal-end.before-commit", Way.Late),
        new("reversal-end.after-commit", Way.Late),
        new("late-settle.before-commit", Way.LostAccept),
        new("late-settle.after-commit", Way.LostAccept),
        new("withdraw.before-commit", Way.HungUp, ApprovalsOnly: true),
        new("withdraw.after-commit", Way.HungUp, ApprovalsOnly: true),
        new("recover.before-commit", Way.Abandoned),
        new("recover.after-commit", Way.Abandoned),
        new("refusal.before-commit", Way.Cancelled, HoldsTheAnswer: true),
        new("refusal.after-commit", Way.Cancelled, HoldsTheAnswer: true),
        new("step-up.before-commit", Way.StepUp),
        new("step-up.after-commit", Way.StepUp),
        new("authenticate.before-send", Way.StepUp),
        new("authenticate.after-answer", Way.StepUp),
        new("authentication.before-commit", Way.StepUp),
        new("authentication.after-commit", Way.StepUp),
        new("second-accept.before-commit", Way.StepUp, HoldsTheAnswer: true),
        new("second-accept.after-commit", Way.StepUp),
        new("step-up-end.before-commit", Way.StepUpGivenUp, ApprovalsOnly: true),
        new("step-up-end.after-commit", Way.StepUpGivenUp, ApprovalsOnly: true),
        new("merchant-end.before-commit", Way.EndedByMerchant),
        new("merchant-end.after-commit", Way.EndedByMerchant),
        new("order.before-commit", Way.Modified),
        new("order.after-commit", Way.Modified),
        new("turn.before-commit", Way.Modified),
        new("turn.after-commit", Way.Modified),
        new("modify.before-send", Way.Modified),
        new("modify.after-answer", Way.Modified),
        new("modify-open.before-commit", Way.Modified),
        new("modify-open.after-commit", Way.Modified),
        new("modify-end.before-commit", Way.Modified),
        new("modify-end.after-commit", Way.Modified),
        new("modify-answer.before-commit", Way.Modified),
        new("modify-answer.after-commit", Way.Modified),
        new("take-back.before-commit", Way.TakenBack, ApprovalsOnly: true),
        new("take-back.after-commit", Way.TakenBack, ApprovalsOnly: true),
        new("report-claim.after-commit", Way.Modified),
        new("report.before-send", Way.Modified),
        new("report.after-answer", Way.Modified),
        new("report.after-commit", Way.Modified),
        new("expiry.before-commit", Way.Nobody),
        new("expiry.after-commit", Way.Nobody),
    ];

    public static IReadOnlyList<string> Names { get; } = [.. Places.Select(p => p.Name).Distinct(StringComparer.Ordinal)];
}
