using Microsoft.Extensions.Options;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>Asks the acquirer, as long as the answer is open and asking can do no harm.</summary>
internal sealed partial class AuthoriseCall(IPaymentStore store, IAcquirer acquirer, IOptions<DeadlineOptions> deadlines, TimeProvider time, ILogger<AuthoriseCall> logger)
{
    private static readonly TimeSpan AskAgainEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan NeededToSendAgain = TimeSpan.FromSeconds(3);

    /// <summary>ENGINE 5: one more try where the first surely never left; the same key again, while the answer is open, where nobody knows.</summary>
    public async Task<AuthorisationOutcome> RunAsync(PspTransactionId id, AuthorisationRequest request, PendingAnswer pending)
    {
        var maySendAgain = true;
        var again = false;
        while (true)
        {
            PlantedBug.ResendUnderANewKey(again, ref request);
            using var timeout = new CancellationTokenSource(deadlines.Value.AcquirerTimeout, time);
            var outcome = await acquirer.AuthoriseAsync(again ? request.AsRepeat() : request, timeout.Token);
            switch (outcome)
            {
                case AuthorisationOutcome.NotSent sent when !again && maySendAgain && !pending.Decided.IsCompleted && !pending.FailWentOut && pending.Deadline.UntilStopWaiting >= NeededToSendAgain:
                    LogNotSent(id, sent.Why);
                    maySendAgain = false;
                    continue;

                case AuthorisationOutcome.NotSent sent when !again:
                    LogNotSent(id, sent.Why);
                    return new AuthorisationOutcome.Declined(DeclineReason.AcquirerError);

                case AuthorisationOutcome.NotSent or AuthorisationOutcome.Unknown { AcquirerReference: null }:
                    if (await NotifiedAsync(request) is { } notified)
                    {
                        return notified;
                    }

                    again = true;
                    LogUnknown(id, outcome is AuthorisationOutcome.Unknown unknown ? unknown.Why : "A repeat could not be sent.");
                    await Task.WhenAny(Task.Delay(AskAgainEvery, time), pending.Decided);
                    if (pending.Deadline.UntilStopWaiting < AskAgainEvery || pending.Decided.IsCompleted || pending.FailWentOut)
                    {
                        return outcome;
                    }

                    continue;

                default:
                    return outcome;
            }
        }
    }

    /// <summary>ENGINE 14: what the acquirer has told by notification while its answer stayed away. Null: nothing that can be acted upon.</summary>
    private async Task<AuthorisationOutcome?> NotifiedAsync(AuthorisationRequest request)
    {
        try
        {
            return await store.NotifiedAsync(request.Reference, request.Account, CancellationToken.None) switch
            {
                { Success: true } told when told.IsOf(request.Amount) => new AuthorisationOutcome.Approved(told.AcquirerReference),
                { Success: true } told => new AuthorisationOutcome.Unknown("notified of another amount", told.AcquirerReference),
                { Success: false } => new AuthorisationOutcome.Declined(DeclineReason.RefusedByIssuer),
                _ => null,
            };
        }
        catch (Exception exception) when (exception is Npgsql.NpgsqlException or TimeoutException or System.Net.Sockets.SocketException)
        {
            return null;
        }
    }

    [LoggerMessage(2003, LogLevel.Warning, "Payment {PspTransactionId}: the authorise was not sent: {Why}.")]
    private partial void LogNotSent(PspTransactionId pspTransactionId, string why);

    [LoggerMessage(2004, LogLevel.Warning, "Payment {PspTransactionId}: the acquirer's answer is unknown: {Why}.")]
    private partial void LogUnknown(PspTransactionId pspTransactionId, string why);
}
