using PspGateway.ProofTests.Failpoints;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Sweeping;

/// <summary>
/// A payment that is paid for, and then captured in parts, refunded in part and cancelled for the rest. What comes before the operation that is to meet
/// the failpoint is done and reported when it is armed.
/// </summary>
internal sealed class Purchase(Shop shop, Till till, Case c)
{
    private bool IsTakenBack => c.Place.Way == Way.TakenBack;

    private string Payment => c.Payment ?? throw new InvalidOperationException("Not created yet.");

    /// <summary>A neighbour's blow may keep it from being paid; then the failpoint is missed, and the case comes again.</summary>
    public async Task PayAsync()
    {
        await shop.PostAsync(Payment, mark: call => call with { NoAnswerPromised = c.Blow == Blow.Kill });
        await till.UntilRestAsync(Payment);
        if (c.Outcome != Outcome.Capture)
        {
            await till.AskAsync(Payment, c.Reference, "capture", 30_010, mayFail: IsTakenBack);
        }

        await till.UntilRestAsync(Payment);
    }

    public async Task GoOnAsync()
    {
        if (IsTakenBack)
        {
            // What is undone before we have heard that it was done is never told as done; that is another story.
            if (await till.UntilRestAsync(Payment))
            {
                await till.UndoCaptureAsync(Payment);
            }

            return;
        }

        if (c.Outcome == Outcome.Capture)
        {
            await till.InsistAsync(Payment, c.Reference, "capture", 20_005);
            await till.InsistAsync(Payment, c.Reference, "capture", 10_005);
        }

        if (c.Outcome != Outcome.Cancel)
        {
            await till.InsistAsync(Payment, c.Reference, "refund", 5_001);
        }

        await till.InsistAsync(Payment, c.Reference, "cancel");
        await till.InsistAsync(Payment, c.Reference, "refund", 2_003);
    }
}
