using PspGateway.Storage.Queue;

namespace PspGateway.Storage;

/// <summary>The three statements that an answer waits for, each shared by the payments that are under way at the same moment: one read, two writes.</summary>
internal sealed class HotPath(GatewayDatabase database, TimeProvider time) : IDisposable
{
    private readonly SharedStatement<Guid, CallbackPayment> _read = new(
        id => id, (ids, _) => CallbackRead.RunAsync(database.Callback, ids, CancellationToken.None), onlyReads: true, time);

    private readonly SharedStatement<AcceptedToken, AcceptedToken> _accept = new(
        token => token.PaymentId, (tokens, run) => AcceptWrite.RunAsync(database.Callback, tokens, run, CancellationToken.None), onlyReads: false, time);

    private readonly SharedStatement<AuthoriseOutcome, StoredAnswer> _record = new(
        outcome => outcome.OperationId, (outcomes, run) => OutcomeWrite.RunAsync(database.Callback, outcomes, run, CancellationToken.None), onlyReads: false, time);

    public void Dispose()
    {
        _read.Dispose();
        _accept.Dispose();
        _record.Dispose();
    }

    /// <summary>Null: there is no such payment.</summary>
    public Task<CallbackPayment?> ReadAsync(Guid paymentId) => _read.RunAsync(paymentId);

    /// <summary>False: the payment was not waiting for a token any more, or its epoch is gone; nothing was written.</summary>
    public async Task<bool> AcceptAsync(AcceptedToken token) => await _accept.RunAsync(token) is not null;

    /// <summary>What is now stored as the answer, whoever decided it. Null: the operation was finished or taken over by somebody else.</summary>
    public Task<StoredAnswer?> RecordAsync(AuthoriseOutcome outcome) => _record.RunAsync(outcome);
}
