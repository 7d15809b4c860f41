using PspGateway.Domain.Operations;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage;

/// <summary>
/// The statements of captures, refunds and cancels, each one commit. As with <see cref="IPaymentStore"/>, Postgres answers them in service and
/// the simulation from memory.
/// </summary>
internal interface IModificationStore
{
    /// <summary>Gives one its turn: one open call of a payment at a time, in the order of acceptance (ENGINE 17). Null: it is another one's turn, or somebody else holds this one. It comes again.</summary>
    Task<BegunModification?> BeginAsync(ClaimedOperation operation, TimeSpan lease, CancellationToken cancellationToken);

    /// <summary>The call has ended, and what it did is not known yet. It wants attention again at its offset from its first try.</summary>
    /// <param name="nothingSent">Neither this call nor one before it can have arrived.</param>
    Task LeaveOpenAsync(ClaimedOperation operation, string? acquirerReference, bool nothingSent, TimeSpan offset, CancellationToken cancellationToken);

    /// <summary>True when this call ended it; false when it was ended before, or (without a generation) somebody is asking the acquirer about it.</summary>
    /// <param name="why">Why nothing was done, in our words; null when it was done.</param>
    /// <param name="inParts">Whether the rest stays after a capture of a part.</param>
    Task<bool> FinishAsync(Guid id, long? generation, string? acquirerReference, string? why, bool inParts, CancellationToken cancellationToken);

    /// <summary>What the acquirer has said meanwhile waits no longer; the next of the payment has its turn.</summary>
    Task GoOnAsync(Guid paymentId, string reference, CancellationToken cancellationToken);

    /// <summary>Only a person can go on. A later proof still ends it.</summary>
    Task<bool> ParkAsync(ClaimedOperation operation, string why, CancellationToken cancellationToken);

    /// <summary>By a name that the acquirer used.</summary>
    Task<FoundModification?> FindAsync(OperationKind kind, string reference, string acquirerReference, CancellationToken cancellationToken);

    /// <summary>The payment that the acquirer names, by our reference of its authorisation; for what was not done through us.</summary>
    Task<NamedPayment?> FindPaymentAsync(string reference, OperationKind kind, CancellationToken cancellationToken);

    /// <summary>True when the acquirer has told that what was done was undone.</summary>
    Task<bool> WasUndoneAsync(string reference, string account, CancellationToken cancellationToken);

    /// <summary>Done, and undone by the acquirer later (ENGINE 18). True when this call recorded it; false when it was recorded before.</summary>
    Task<bool> TakeBackAsync(Guid id, string why, CancellationToken cancellationToken);

    /// <summary>True when it is a new one.</summary>
    Task<bool> OpenDifferenceAsync(Pool pool, Guid paymentId, string cause, long oursMinor, long theirsMinor, CancellationToken cancellationToken);
}
