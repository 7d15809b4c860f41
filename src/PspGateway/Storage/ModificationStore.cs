using PspGateway.Domain.Operations;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage;

/// <summary>Postgres' side of <see cref="IModificationStore"/>, on the general pool.</summary>
internal sealed class ModificationStore(GatewayDatabase database) : IModificationStore
{
    public Task<BegunModification?> BeginAsync(ClaimedOperation operation, TimeSpan lease, CancellationToken cancellationToken) =>
        ModificationTurn.BeginAsync(database.General, operation, lease, cancellationToken);

    public Task LeaveOpenAsync(ClaimedOperation operation, string? acquirerReference, bool nothingSent, TimeSpan offset, CancellationToken cancellationToken) =>
        ModificationWrite.LeaveOpenAsync(database.General, operation, acquirerReference, nothingSent, offset, cancellationToken);

    public Task<bool> FinishAsync(Guid id, long? generation, string? acquirerReference, string? why, bool inParts, CancellationToken cancellationToken) =>
        ModificationWrite.FinishAsync(database.General, id, generation, acquirerReference, why, inParts, cancellationToken);

    public Task GoOnAsync(Guid paymentId, string reference, CancellationToken cancellationToken) => ModificationWrite.GoOnAsync(database.General, paymentId, reference, cancellationToken);

    public Task<bool> ParkAsync(ClaimedOperation operation, string why, CancellationToken cancellationToken) => ModificationWrite.ParkAsync(database.General, operation, why, cancellationToken);

    public Task<FoundModification?> FindAsync(OperationKind kind, string reference, string acquirerReference, CancellationToken cancellationToken) =>
        ModificationRead.FindAsync(database.General, kind, reference, acquirerReference, cancellationToken);

    public Task<NamedPayment?> FindPaymentAsync(string reference, OperationKind kind, CancellationToken cancellationToken) => ModificationRead.FindPaymentAsync(database.General, reference, kind, cancellationToken);

    public Task<bool> WasUndoneAsync(string reference, string account, CancellationToken cancellationToken) => ModificationRead.WasUndoneAsync(database.General, reference, account, cancellationToken);

    public Task<bool> TakeBackAsync(Guid id, string why, CancellationToken cancellationToken) => ModificationWrite.TakeBackAsync(database.General, id, why, cancellationToken);

    public Task<bool> OpenDifferenceAsync(Pool pool, Guid paymentId, string cause, long oursMinor, long theirsMinor, CancellationToken cancellationToken) =>
        DifferenceWrite.OpenAsync(database.Of(pool), paymentId, cause, oursMinor, theirsMinor, cancellationToken);
}
