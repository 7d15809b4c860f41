using Microsoft.Extensions.Options;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>What became of a piece of news.</summary>
internal enum NewsVerdict
{
    Applied,

    /// <summary>It said what we knew.</summary>
    Repeat,

    /// <summary>A process holds the operation: the news comes again (ENGINE 14).</summary>
    Busy,

    /// <summary>It is about another account than the payment's: kept, and nothing is done.</summary>
    Foreign,

    /// <summary>It names nothing of ours, or is of a kind that nothing is done about.</summary>
    Unknown,
}

/// <summary>What the acquirer tells after its answer, or instead of one.</summary>
internal sealed partial class AcquirerNews(IPaymentStore store, IModificationStore books, CancelLadder ladder, QueueSignal signal, IWallet wallet, IOptions<OperationOptions> options, ILogger<AcquirerNews> logger)
{
    /// <summary>
    /// How often the failure of a cancel comes before it is believed: the news of another cancel, which found the authorisation, may be on its way.
    /// Some ten seconds, as the waits grow by one a try.
    /// </summary>
    private const int TriesForProof = 5;

    public async Task<NewsVerdict> AuthorisationAsync(string reference, string account, string acquirerReference, bool approved, CancellationToken cancellationToken)
    {
        var authorise = await store.FindAuthoriseAsync(reference, cancellationToken);
        PlantedBug.ApplyNewsOverALease(ref authorise);
        switch (authorise)
        {
            case null:
                return NewsVerdict.Unknown;

            case not null when authorise.AcquirerAccount != account:
                return NewsVerdict.Foreign;

            // Another approval than the one we know, one of what we know as declined, or of an authentication that no money should move in: it is live, and nobody will ever be told OK for it.
            case { Status: OperationStatus.Succeeded or OperationStatus.Failed or OperationStatus.Pending } when approved && authorise.AcquirerReference != acquirerReference:
                LogSecondApproval(new PspTransactionId(authorise.PaymentId), acquirerReference);
                var opened = await store.OpenReversalAsync(authorise.Id, acquirerReference, cancellationToken);
                signal.Set();
                return opened ? NewsVerdict.Applied : NewsVerdict.Busy;

            case { Status: OperationStatus.Succeeded or OperationStatus.Failed or OperationStatus.Pending }:
                return NewsVerdict.Repeat;

            // The answer is still open: whoever runs it will know first.
            case { Status: OperationStatus.InFlight } or { Leased: true } or { Answer: null }:
                return NewsVerdict.Busy;
        }

        var id = new PspTransactionId(authorise.PaymentId);
        var outcome = new AuthoriseOutcome
        {
            OperationId = authorise.Id,
            Generation = authorise.Generation,
            Approved = approved,
            MayAnswerOk = false,
            AcquirerReference = approved ? acquirerReference : null,
            DeclineReason = approved ? null : DeclineReason.RefusedByIssuer,
            OkBody = wallet.AnswerOk(id),
            FailBody = wallet.AnswerFail(id, DeclineReason.TooLate),
        };
        var written = await store.RecordLearnedAsync(outcome, cancellationToken);
        LogLearned(id, approved);
        signal.Set();
        return written ? NewsVerdict.Applied : NewsVerdict.Busy;
    }

    /// <param name="tries">How many times this piece of news has come, once at least: what is Busy comes again.</param>
    public async Task<NewsVerdict> CancellationAsync(string reference, string account, string? originalReference, bool success, int tries, CancellationToken cancellationToken)
    {
        var reverse = await store.FindReverseAsync(reference, originalReference, cancellationToken);
        if (reverse is not null && reverse.AcquirerAccount != account)
        {
            return NewsVerdict.Foreign;
        }

        if (reverse is null || (reverse.AcquirerReference is not null && originalReference is not null && reverse.AcquirerReference != originalReference))
        {
            return NewsVerdict.Unknown;
        }

        var id = new PspTransactionId(reverse.PaymentId);
        if (reverse.Finished)
        {
            return success || !ladder.EndsOnReceived ? NewsVerdict.Repeat : await FailedAfterwardsAsync(reverse, id, tries, cancellationToken);
        }

        if (reverse.Leased)
        {
            return NewsVerdict.Busy;
        }

        if (success)
        {
            await ladder.EndAsync(reverse.Id, null, id, "CancelledAtAcquirer", cancellationToken);
        }
        else if (await store.CancelledBeforeAsync(reverse.Id, cancellationToken))
        {
            // One key makes one authorisation: the cancel by our own reference can only have found this one, so there was nothing left to cancel.
            await ladder.EndAsync(reverse.Id, null, id, "CancelledByReference", cancellationToken);
        }
        else if (tries < TriesForProof)
        {
            return NewsVerdict.Busy;
        }
        else
        {
            await ladder.ParkAsync(reverse.Id, reverse.AcquirerReference, null, id, "CancelFailedAtAcquirer", cancellationToken);
        }

        return NewsVerdict.Applied;
    }

    /// <summary>A reversal that was over when the acquirer had received it, and was not done after all: something is held, and Vipps may have been told otherwise.</summary>
    private async Task<NewsVerdict> FailedAfterwardsAsync(FoundOperation reverse, PspTransactionId id, int tries, CancellationToken cancellationToken)
    {
        if (await store.CancelledBeforeAsync(reverse.Id, cancellationToken))
        {
            return NewsVerdict.Repeat;
        }

        if (tries < TriesForProof)
        {
            return NewsVerdict.Busy;
        }

        if (!await books.OpenDifferenceAsync(Pool.General, reverse.PaymentId, $"ReversalFailed {reverse.AcquirerReference}", 0, reverse.AmountMinor, cancellationToken))
        {
            return NewsVerdict.Repeat;
        }

        LogReversalFailed(id, reverse.AcquirerReference);
        return NewsVerdict.Applied;
    }

    public async Task<NewsVerdict> TechnicalCancelAsync(string reference, string account, bool success, DateTimeOffset receivedAt, CancellationToken cancellationToken)
    {
        var reverse = await store.FindReverseAsync(reference, null, cancellationToken);
        switch (reverse)
        {
            case null:
                return NewsVerdict.Unknown;
            case not null when reverse.AcquirerAccount != account:
                return NewsVerdict.Foreign;
            case { Finished: true }:
                return NewsVerdict.Repeat;
            case { Leased: true }:
                return NewsVerdict.Busy;
        }

        // The answer's due time is later than the last send of the authorise, which is never sent once the answer is closed.
        var provesUndone = success && receivedAt >= reverse.LastSendBefore + options.Value.ProofAfter;
        var provesNothingThere = !success && reverse.AcquirerReference is null && reverse.Rung >= options.Value.Rungs.Count && receivedAt >= reverse.LastSendBefore + options.Value.ProofAfter;
        if (!provesUndone && !provesNothingThere)
        {
            return NewsVerdict.Repeat;
        }

        var id = new PspTransactionId(reverse.PaymentId);
        return await (provesUndone ? ladder.EndAsync(reverse.Id, null, id, "CancelledByReference", cancellationToken) : ladder.EndUnfoundAsync(reverse.Id, id, cancellationToken))
            ? NewsVerdict.Applied
            : NewsVerdict.Repeat;
    }

    [LoggerMessage(2801, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the acquirer tells of an approval that we do not know, {AcquirerReference}; it is being reversed.")]
    private partial void LogSecondApproval(PspTransactionId pspTransactionId, string acquirerReference);

    [LoggerMessage(2803, LogLevel.Critical, "Payment {PspTransactionId}: ALERT, the reversal of {AcquirerReference} was received by the acquirer and has failed there; money is held. A difference is open.")]
    private partial void LogReversalFailed(PspTransactionId pspTransactionId, string? acquirerReference);

    [LoggerMessage(2802, LogLevel.Warning, "Payment {PspTransactionId}: the outcome was learned late, approved: {Approved}.")]
    private partial void LogLearned(PspTransactionId pspTransactionId, bool approved);
}
