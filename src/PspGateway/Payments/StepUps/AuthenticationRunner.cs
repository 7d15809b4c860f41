using System.Collections.Concurrent;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments.Telemetry;
using PspGateway.Storage.Queue;
using PspGateway.Storage.StepUps;
using PspGateway.Vault;

namespace PspGateway.Payments.StepUps;

/// <summary>
/// Asks the 3-D Secure server: commit the intent, call, record. A run belongs to no request: it goes on when the browser has gone, and a stop of
/// the service waits for it.
/// </summary>
internal sealed partial class AuthenticationRunner(
    StepUpStore store,
    IThreeDSecureServer server,
    StepUpVault vault,
    QueueSignal signal,
    IOptions<GatewayOptions> gateway,
    IOptions<DeadlineOptions> deadlines,
    IOptions<OperationOptions> operations,
    TimeProvider time,
    ILogger<AuthenticationRunner> logger) : IHostedService
{
    private const int RecordTries = 60;
    private readonly ConcurrentDictionary<Guid, Task> _running = new();

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.WhenAll(_running.Values).WaitAsync(cancellationToken);

    /// <summary>Starts the authentication, unless somebody has. Completes when what came of it is recorded.</summary>
    public Task BeginAsync(StepUp stepUp, Browser browser) => KeepAsync(RunAsync(stepUp, async () =>
    {
        var binding = BindingOf(stepUp);
        var card = stepUp.SealedCard is { } sealedCard ? await vault.OpenCardAsync(sealedCard, binding, CancellationToken.None) : null;
        if (card is null || await store.BeginAsync(stepUp.Id, StepUpOptions.MostAttempts, operations.Value.Lease) is not { } started)
        {
            return;
        }

        var request = new AuthenticationRequest
        {
            IdempotencyKey = started.OperationId.ToString("N"),
            Reference = started.Reference,
            Account = stepUp.AcquirerAccount,
            Amount = stepUp.Amount,
            Card = card,
            Browser = browser,
            ReturnUrl = gateway.Value.Address($"/3ds/{stepUp.PageReference}/return"),
        };
        await CallAsync(stepUp, started, StepUpState.Waiting, timeout => server.AuthenticateAsync(request, timeout));
    }));

    /// <summary>Goes on with what the customer brought back from the issuer, unless somebody has.</summary>
    public Task CompleteAsync(StepUp stepUp, string redirectResult) => KeepAsync(RunAsync(stepUp, async () =>
    {
        if (await store.ResumeAsync(stepUp.Id, StepUpOptions.MostAttempts, operations.Value.Lease) is not { } started)
        {
            return;
        }

        // A call of its own, under a key of its own: what is posted here is not what was posted to begin it.
        var request = new CompletionRequest { IdempotencyKey = $"{started.OperationId:N}-{started.Generation}", Reference = started.Reference, RedirectResult = redirectResult };
        await CallAsync(stepUp, started, StepUpState.Challenged, timeout => server.CompleteAsync(request, timeout));
    }));

    /// <summary>ENGINE 24: what a process left behind may hold money. It is reversed, and the step-up has failed.</summary>
    public async Task RecoverAsync(ClaimedOperation operation)
    {
        LogAbandoned(operation.PspTransactionId, operation.Reference);
        await RecordAsync(operation.PspTransactionId, Doubtful(operation.Id, operation.Generation, null));
    }

    private async Task KeepAsync(Task run)
    {
        var key = Guid.NewGuid();
        _running[key] = run;
        await run;
        _running.TryRemove(key, out _);
    }

    private async Task RunAsync(StepUp stepUp, Func<Task> run)
    {
        using var step = PaymentTrace.Step("authenticate", stepUp.PspTransactionId);
        try
        {
            await run();
        }
        catch (Exception exception)
        {
            // Whatever was begun stays in flight under its lease, and is recovered when that ends.
            LogBroken(exception, stepUp.PspTransactionId);
        }
    }

    /// <param name="before">Where the step-up goes back to when the call surely never left.</param>
    private async Task CallAsync(StepUp stepUp, StartedAuthentication started, StepUpState before, Func<CancellationToken, Task<AuthenticationOutcome>> call)
    {
        Failpoint.Here("authenticate.before-send", stepUp.PaymentId);
        using var timeout = new CancellationTokenSource(deadlines.Value.AcquirerTimeout, time);
        var outcome = await call(timeout.Token);
        Failpoint.Here("authenticate.after-answer", stepUp.PaymentId);
        LogOutcome(stepUp.PspTransactionId, started.Reference, outcome.GetType().Name);
        if (outcome is AuthenticationOutcome.Doubtful doubtful)
        {
            LogDoubtful(stepUp.PspTransactionId, started.Reference, doubtful.Why);
        }

        await RecordAsync(stepUp.PspTransactionId, await RecordOfAsync(stepUp, started, before, outcome));
    }

    private async Task<AuthenticationRecord> RecordOfAsync(StepUp stepUp, StartedAuthentication started, StepUpState before, AuthenticationOutcome outcome)
    {
        AuthenticationRecord Record(StepUpState state, OperationStatus status, byte[]? page = null, byte[]? result = null) =>
            new() { OperationId = started.OperationId, Generation = started.Generation, State = state, Status = status, SealedPage = page, SealedResult = result };

        var binding = BindingOf(stepUp);
        return outcome switch
        {
            AuthenticationOutcome.Challenge challenge => Record(StepUpState.Challenged, OperationStatus.Pending, page: await vault.SealPageAsync(challenge.Page, binding, CancellationToken.None)),
            AuthenticationOutcome.Authenticated authenticated => Record(StepUpState.Succeeded, OperationStatus.Succeeded, result: await vault.SealResultAsync(authenticated.Result, binding, CancellationToken.None)),
            AuthenticationOutcome.NotRequired => Record(StepUpState.Succeeded, OperationStatus.Succeeded),
            AuthenticationOutcome.Refused refused => Record(refused.ByCustomer ? StepUpState.Cancelled : StepUpState.Failed, OperationStatus.Failed),
            AuthenticationOutcome.NotSent when before == StepUpState.Waiting => Record(before, OperationStatus.Failed),
            AuthenticationOutcome.NotSent => Record(before, OperationStatus.Pending, page: stepUp.SealedPage),
            AuthenticationOutcome.Doubtful doubtful => Doubtful(started.OperationId, started.Generation, doubtful.AcquirerReference),
            _ => throw new InvalidOperationException($"Unknown outcome {outcome.GetType().Name}."),
        };
    }

    private static AuthenticationRecord Doubtful(Guid operationId, long generation, string? acquirerReference) => new()
    {
        OperationId = operationId,
        Generation = generation,
        State = StepUpState.Failed,
        Status = acquirerReference is null ? OperationStatus.Unknown : OperationStatus.Succeeded,
        Reverse = true,
        AcquirerReference = acquirerReference,
    };

    private async Task RecordAsync(PspTransactionId id, AuthenticationRecord record)
    {
        for (var tries = 0; tries < RecordTries; tries++)
        {
            try
            {
                Failpoint.Here("authentication.before-commit", id.Value);
                await store.RecordAsync(record);
                Failpoint.Here("authentication.after-commit", id.Value);
                if (record.Reverse)
                {
                    signal.Set();
                }

                return;
            }
            catch (Exception exception)
            {
                LogNotRecorded(exception, id);
                await Task.Delay(TimeSpan.FromMilliseconds(Math.Min(100 * (tries + 1), 1000)), time);
            }
        }
    }

    private static TokenBinding BindingOf(StepUp stepUp) => new(stepUp.PaymentId, stepUp.MerchantSerialNumber, stepUp.OperationId);

    [LoggerMessage(2971, LogLevel.Information, "Payment {PspTransactionId}: 3-D Secure {Reference}: {Outcome}.")]
    private partial void LogOutcome(PspTransactionId pspTransactionId, string reference, string outcome);

    [LoggerMessage(2972, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, 3-D Secure {Reference} may hold money ({Why}); it is being reversed.")]
    private partial void LogDoubtful(PspTransactionId pspTransactionId, string reference, string why);

    [LoggerMessage(2973, LogLevel.Warning, "Payment {PspTransactionId}: 3-D Secure {Reference} was left behind; the step-up has failed and whatever the acquirer holds is being reversed.")]
    private partial void LogAbandoned(PspTransactionId pspTransactionId, string reference);

    [LoggerMessage(2974, LogLevel.Error, "Payment {PspTransactionId}: what came of 3-D Secure could not be recorded yet.")]
    private partial void LogNotRecorded(Exception exception, PspTransactionId pspTransactionId);

    [LoggerMessage(2975, LogLevel.Error, "Payment {PspTransactionId}: 3-D Secure broke off; it is recovered when its lease ends.")]
    private partial void LogBroken(Exception exception, PspTransactionId pspTransactionId);
}
