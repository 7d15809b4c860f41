using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage;

/// <summary>Whose connection a statement takes (ENGINE 27).</summary>
internal enum Pool
{
    /// <summary>An answer waits for it: a row that somebody holds is waited for 250 ms at most.</summary>
    Callback,

    General,
}

/// <summary>
/// The engine's statements, each one round trip and one commit. Postgres answers them in service; the simulation of the engine, which
/// replays crashes and lost answers from a seed, answers them from memory, and a test holds the two against each other.
/// </summary>
internal interface IPaymentStore
{
    /// <summary>Shared by those who read at the same moment, on the callback's pool. Null: there is no such payment.</summary>
    Task<CallbackPayment?> ReadAsync(Guid paymentId);

    Task<CallbackPayment?> ReadAloneAsync(Pool pool, Guid paymentId, CancellationToken cancellationToken);

    /// <summary>The first hot write. False: the payment was not waiting for a token any more, or its epoch is gone; nothing was written.</summary>
    Task<bool> AcceptAsync(AcceptedToken token);

    /// <summary>The second hot write. What is now stored as the answer, whoever decided it. Null: the operation was finished or taken over by somebody else.</summary>
    Task<StoredAnswer?> RecordAsync(AuthoriseOutcome outcome);

    /// <summary>Records an outcome that was learned after its answer. False: the operation was finished or taken over by somebody else.</summary>
    Task<bool> RecordLearnedAsync(AuthoriseOutcome outcome, CancellationToken cancellationToken);

    /// <summary>The FAIL of a call whose time is over (ENGINE 8): many end in the same moment, so they share it. False: somebody decided before.</summary>
    Task<bool> FailAsync(Guid operationId, byte[] body);

    /// <summary>True when the decision was made now; false when the payment or its answer had moved on.</summary>
    Task<bool> DecideAsync(Pool pool, Decision decision, CancellationToken cancellationToken);

    /// <summary>False when the payment is not in a state without an authorise from which the move is legal.</summary>
    Task<bool> MoveAsync(Pool pool, Guid paymentId, PaymentMove move, PaymentEventName name, string reason, CancellationToken cancellationToken);

    /// <summary>The operations that were marked as delivered now. One that is missing was marked before, or taken back, or is held by somebody.</summary>
    Task<IReadOnlySet<Guid>> MarkDeliveredAsync(IReadOnlyList<(Guid OperationId, long Generation)> delivered, bool reportReservations, CancellationToken cancellationToken);

    Task<IReadOnlyList<Guid>> ExpireAsync(int limit, CancellationToken cancellationToken);

    /// <summary>Takes leases of what is due.</summary>
    /// <param name="modifications">Captures, refunds and cancels; else what decides and undoes authorisations.</param>
    Task<IReadOnlyList<ClaimedOperation>> ClaimAsync(bool modifications, int limit, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>Nobody takes it up again by itself. False: somebody else holds it by now.</summary>
    Task<bool> ParkAsync(ClaimedOperation operation, string why, CancellationToken cancellationToken);

    /// <summary>The rung was taken by the acquirer: the next one comes at its offset from the ladder's start, or at once if the acquirer's reference was learned meanwhile.</summary>
    Task<bool> NextRungAsync(ClaimedOperation reverse, TimeSpan offset, CancellationToken cancellationToken);

    /// <summary>The rung had no answer: it is sent again under its own key, until the next one's time has come.</summary>
    Task<bool> SameRungAsync(ClaimedOperation reverse, TimeSpan delay, TimeSpan next, CancellationToken cancellationToken);

    /// <summary>Only a person can go on. A later proof still ends it.</summary>
    /// <param name="knownAs">What the reason was found with: where the acquirer's reference was learned meanwhile, the ladder goes on by that.</param>
    Task<bool> ParkReversalAsync(Guid reverseId, string? knownAs, long? generation, string why, CancellationToken cancellationToken);

    /// <summary>Proof that nothing is held any more. True when this call ended it.</summary>
    /// <param name="onlyUnfound">Not once the acquirer's reference is known: what no cancel found by ours is there after all.</param>
    Task<bool> FinishReversalAsync(Guid reverseId, long? generation, bool onlyUnfound, string why, CancellationToken cancellationToken);

    /// <summary>Starts the reversal of something that the acquirer holds and that no OK was given for. True when one of that reference exists now, finished or not.</summary>
    Task<bool> OpenReversalAsync(Guid authoriseId, string acquirerReference, CancellationToken cancellationToken);

    Task<FoundOperation?> FindAuthoriseAsync(string reference, CancellationToken cancellationToken);

    /// <summary>By a name that the acquirer used; where an authorise has several, the one of that acquirer reference goes before the others.</summary>
    Task<FoundOperation?> FindReverseAsync(string reference, string? acquirerReference, CancellationToken cancellationToken);

    /// <summary>What the acquirer said of an authorise by notification; null when it has said nothing.</summary>
    Task<NotifiedAuthorisation?> NotifiedAsync(string reference, string account, CancellationToken cancellationToken);

    /// <summary>True when the acquirer has told that a cancel, by our own reference or by its, found and cancelled the authorisation that a Reverse is about.</summary>
    Task<bool> CancelledBeforeAsync(Guid reverseId, CancellationToken cancellationToken);
}
