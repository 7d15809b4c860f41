using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage;

/// <summary>The engine's statements on Postgres. The four that an answer waits for are shared by the payments that are under way at the same moment.</summary>
internal sealed class PaymentStore(GatewayDatabase database, TimeProvider time) : IPaymentStore, IDisposable
{
    private readonly SharedStatement<Guid, CallbackPayment> _read = new(
        id => id, (ids, _) => CallbackRead.RunAsync(database.Callback, ids, CancellationToken.None), onlyReads: true, time);

    private readonly SharedStatement<AcceptedToken, AcceptedToken> _accept = new(
        token => token.PaymentId, (tokens, run) => AcceptWrite.RunAsync(database.Callback, tokens, run, CancellationToken.None), onlyReads: false, time);

    private readonly SharedStatement<AuthoriseOutcome, StoredAnswer> _record = new(
        outcome => outcome.OperationId, (outcomes, run) => OutcomeWrite.RunAsync(database.Callback, outcomes, run, CancellationToken.None), onlyReads: false, time);

    private readonly SharedStatement<Decision, Decision> _fail = new(
        decision => decision.OperationId, (decisions, run) => DecisionWrite.RunAsync(database.Callback, decisions, run, CancellationToken.None), onlyReads: false, time);

    public void Dispose()
    {
        _read.Dispose();
        _accept.Dispose();
        _record.Dispose();
        _fail.Dispose();
    }

    public Task<CallbackPayment?> ReadAsync(Guid paymentId) => _read.RunAsync(paymentId);

    public Task<CallbackPayment?> ReadAloneAsync(Pool pool, Guid paymentId, CancellationToken cancellationToken) => CallbackRead.RunAsync(database.Of(pool), paymentId, cancellationToken);

    public async Task<bool> AcceptAsync(AcceptedToken token) => await _accept.RunAsync(token) is not null;

    public Task<StoredAnswer?> RecordAsync(AuthoriseOutcome outcome) => _record.RunAsync(outcome);

    public async Task<bool> RecordLearnedAsync(AuthoriseOutcome outcome, CancellationToken cancellationToken) =>
        (await OutcomeWrite.RunAsync(database.General, [outcome], Run.Alone, cancellationToken)).Count == 1;

    public async Task<bool> FailAsync(Guid operationId, byte[] body) => await _fail.RunAsync(Decision.TooLate(operationId, body)) is not null;

    public Task<bool> DecideAsync(Pool pool, Decision decision, CancellationToken cancellationToken) => DecisionWrite.RunAsync(database.Of(pool), decision, cancellationToken);

    public Task<bool> MoveAsync(Pool pool, Guid paymentId, PaymentMove move, PaymentEventName name, string reason, CancellationToken cancellationToken) =>
        MoveWrite.RunAsync(database.Of(pool), paymentId, move, name, reason, cancellationToken);

    public Task<IReadOnlySet<Guid>> MarkDeliveredAsync(IReadOnlyList<(Guid OperationId, long Generation)> delivered, bool reportReservations, CancellationToken cancellationToken) =>
        DeliveredWrite.RunAsync(database.Callback, delivered, reportReservations, cancellationToken);

    public Task<IReadOnlyList<Guid>> ExpireAsync(int limit, CancellationToken cancellationToken) => ExpiryWrite.RunAsync(database.General, limit, cancellationToken);

    public Task<IReadOnlyList<ClaimedOperation>> ClaimAsync(bool modifications, int limit, TimeSpan lease, CancellationToken cancellationToken) =>
        OperationClaim.RunAsync(database.General, modifications, limit, lease, cancellationToken);

    public Task<bool> ParkAsync(ClaimedOperation operation, string why, CancellationToken cancellationToken) => OperationClaim.ParkAsync(database.General, operation, why, cancellationToken);

    public Task<bool> NextRungAsync(ClaimedOperation reverse, TimeSpan offset, CancellationToken cancellationToken) =>
        ReversalWrite.NextRungAsync(database.General, reverse, reverse.Tries + 1, offset, cancellationToken);

    public Task<bool> SameRungAsync(ClaimedOperation reverse, TimeSpan delay, TimeSpan next, CancellationToken cancellationToken) =>
        ReversalWrite.SameRungAsync(database.General, reverse, delay, next, cancellationToken);

    public Task<bool> ParkReversalAsync(Guid reverseId, string? knownAs, long? generation, string why, CancellationToken cancellationToken) =>
        ReversalWrite.ParkAsync(database.General, reverseId, knownAs, generation, why, cancellationToken);

    public Task<bool> FinishReversalAsync(Guid reverseId, long? generation, bool onlyUnfound, string why, CancellationToken cancellationToken) =>
        ReversalWrite.FinishAsync(database.General, reverseId, generation, onlyUnfound, why, cancellationToken);

    public Task<bool> OpenReversalAsync(Guid authoriseId, string acquirerReference, CancellationToken cancellationToken) =>
        ReversalWrite.OpenAsync(database.General, authoriseId, acquirerReference, cancellationToken);

    public Task<FoundOperation?> FindAuthoriseAsync(string reference, CancellationToken cancellationToken) => ReferenceRead.AuthoriseAsync(database.General, reference, cancellationToken);

    public Task<FoundOperation?> FindReverseAsync(string reference, string? acquirerReference, CancellationToken cancellationToken) =>
        ReferenceRead.ReverseAsync(database.General, reference, acquirerReference, cancellationToken);

    public Task<NotifiedAuthorisation?> NotifiedAsync(string reference, string account, CancellationToken cancellationToken) =>
        NotificationRead.AuthorisationAsync(database.Callback, reference, account, cancellationToken);

    public Task<bool> CancelledBeforeAsync(Guid reverseId, CancellationToken cancellationToken) =>
        NotificationRead.CancelledBeforeAsync(database.General, reverseId, cancellationToken);
}
