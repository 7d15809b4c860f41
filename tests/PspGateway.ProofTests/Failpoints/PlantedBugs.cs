namespace PspGateway.ProofTests.Failpoints;

/// <summary>The bugs that the Failpoints build can be given, by name.</summary>
internal static class PlantedBugs
{
    public static IReadOnlyList<string> Names { get; } =
    [
        "skip-the-fence",
        "answer-before-the-commit",
        "resend-under-a-new-key",
        "forget-to-erase",
        "ok-after-the-deadline",
        "plain-comparison-of-tokens",
        "notification-over-a-lease",
        "retry-on-writes",
        "no-additional-data",
        "leases-by-local-clock",
        "recompose-a-batch",
        "keep-a-failed-amount",
    ];
}
