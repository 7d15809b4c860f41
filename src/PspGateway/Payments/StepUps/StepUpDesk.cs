using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage;
using PspGateway.Storage.StepUps;
using PspGateway.Vault;

namespace PspGateway.Payments.StepUps;

/// <summary>What the customer's browser is to do next.</summary>
internal abstract record StepUpStep
{
    private StepUpStep()
    {
    }

    /// <summary>Tell about itself, so that the challenge can start.</summary>
    /// <param name="Ways">The addresses that this may end at.</param>
    /// <param name="Again">It was started before, and the call never left.</param>
    public sealed record Collect(IReadOnlyList<string> Ways, bool Again) : StepUpStep;

    public sealed record Wait : StepUpStep;

    /// <summary>Come back once more with what the issuer gave: it could not be passed on, and the issuer gives it once.</summary>
    public sealed record ReturnAgain(string RedirectResult) : StepUpStep;

    /// <summary>Go to the issuer.</summary>
    public sealed record Challenge(IssuerPage Page, IReadOnlyList<string> Ways) : StepUpStep;

    /// <summary>Back to the wallet, at exactly this address.</summary>
    public sealed record GoOn(string Address) : StepUpStep;
}

/// <summary>The 3-D Secure page's side of a step-up. What it is called for twice it does once; null is a page that nobody knows (any more).</summary>
internal sealed class StepUpDesk(StepUpStore store, StepUpVault vault, AuthenticationRunner runner)
{
    public async Task<StepUpStep?> ShowAsync(string reference, CancellationToken cancellationToken) =>
        await FindAsync(reference, cancellationToken) is { } stepUp ? await StepOfAsync(stepUp) : null;

    public async Task<StepUpStep?> BeginAsync(string reference, Browser browser, CancellationToken cancellationToken)
    {
        if (await FindAsync(reference, cancellationToken) is not { } stepUp)
        {
            return null;
        }

        if (stepUp is { State: StepUpState.Waiting, Overdue: false })
        {
            await runner.BeginAsync(stepUp, browser);
            stepUp = await FindAsync(reference, cancellationToken) ?? stepUp;
            if (stepUp is { State: StepUpState.Waiting, Attempts: >= StepUpOptions.MostAttempts })
            {
                await store.EndAsync(Pool.General, stepUp.Id, [StepUpState.Waiting], StepUpState.Failed, nameof(DeclineReason.AuthenticationFailed));
                stepUp = await FindAsync(reference, cancellationToken) ?? stepUp;
            }
        }

        // Who has told about their browser once is not asked again by itself: whatever was wrong would be as wrong in a moment.
        return await StepOfAsync(stepUp) is var step && step is StepUpStep.Collect collect ? collect with { Again = true } : step;
    }

    /// <param name="redirectResult">What the issuer sent the customer back with; null: nothing, so that they have to go there again.</param>
    public async Task<StepUpStep?> ReturnAsync(string reference, string? redirectResult, CancellationToken cancellationToken)
    {
        if (await FindAsync(reference, cancellationToken) is not { } stepUp)
        {
            return null;
        }

        if (redirectResult is { Length: > 0 } && stepUp is { State: StepUpState.Challenged, Overdue: false })
        {
            await runner.CompleteAsync(stepUp, redirectResult);
            stepUp = await FindAsync(reference, cancellationToken) ?? stepUp;
            if (stepUp is { State: StepUpState.Challenged, Overdue: false, Asked: <= StepUpOptions.MostAttempts })
            {
                return new StepUpStep.ReturnAgain(redirectResult);
            }

            if (stepUp is { State: StepUpState.Challenged, Overdue: false })
            {
                await store.EndAsync(Pool.General, stepUp.Id, [StepUpState.Challenged], StepUpState.Failed, nameof(DeclineReason.AuthenticationFailed));
                stepUp = await FindAsync(reference, cancellationToken) ?? stepUp;
            }
        }

        return await StepOfAsync(stepUp);
    }

    public async Task<StepUpStep?> CancelAsync(string reference, CancellationToken cancellationToken)
    {
        if (await FindAsync(reference, cancellationToken) is not { } stepUp)
        {
            return null;
        }

        Failpoint.Here("step-up-end.before-commit", stepUp.PaymentId);
        await store.EndAsync(Pool.General, stepUp.Id, [StepUpState.Waiting, StepUpState.Authenticating, StepUpState.Challenged], StepUpState.Cancelled, nameof(DeclineReason.AuthenticationFailed));
        Failpoint.Here("step-up-end.after-commit", stepUp.PaymentId);
        return await ShowAsync(reference, cancellationToken);
    }

    private async Task<StepUp?> FindAsync(string reference, CancellationToken cancellationToken) =>
        await store.OfPageAsync(reference, cancellationToken) is { Forgotten: false } stepUp ? stepUp : null;

    private async Task<StepUpStep> StepOfAsync(StepUp stepUp) => stepUp switch
    {
        { State: StepUpState.Succeeded or StepUpState.Used } => new StepUpStep.GoOn(stepUp.SuccessUrl),
        { State: StepUpState.Cancelled } => new StepUpStep.GoOn(stepUp.CancelUrl),
        { State: StepUpState.Failed or StepUpState.Expired } or { Overdue: true } => new StepUpStep.GoOn(stepUp.FailureUrl),
        { State: StepUpState.Waiting } => new StepUpStep.Collect(WaysOf(stepUp), stepUp.Attempts > 0),
        { State: StepUpState.Challenged, SealedPage: { } page } => new StepUpStep.Challenge(
            await vault.OpenPageAsync(page, new TokenBinding(stepUp.PaymentId, stepUp.MerchantSerialNumber, stepUp.OperationId), CancellationToken.None), WaysOf(stepUp)),
        _ => new StepUpStep.Wait(),
    };

    private static IReadOnlyList<string> WaysOf(StepUp stepUp) => [stepUp.SuccessUrl, stepUp.CancelUrl, stepUp.FailureUrl];
}
