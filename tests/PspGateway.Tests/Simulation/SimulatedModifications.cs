using PspGateway.Domain.Operations;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Tests.Simulation;

/// <summary>The statements of captures, refunds and cancels, over the line that all statements of a replica take.</summary>
internal sealed class SimulatedModifications(SimulatedStore line, ModelStore model) : IModificationStore
{
    public Task<BegunModification?> BeginAsync(ClaimedOperation operation, TimeSpan lease, CancellationToken cancellationToken) => line.WriteAsync(() => model.Begin(operation, lease), cancellationToken);

    public Task LeaveOpenAsync(ClaimedOperation operation, string? acquirerReference, bool nothingSent, TimeSpan offset, CancellationToken cancellationToken) =>
        line.WriteAsync(() => model.LeaveOpen(operation, acquirerReference, nothingSent, offset), cancellationToken);

    public Task<bool> FinishAsync(Guid id, long? generation, string? acquirerReference, string? why, bool inParts, CancellationToken cancellationToken) =>
        line.WriteAsync(() => model.FinishModification(id, generation, acquirerReference, why), cancellationToken);

    public Task GoOnAsync(Guid paymentId, string reference, CancellationToken cancellationToken) => line.WriteAsync(() => model.GoOn(paymentId, reference), cancellationToken);

    public Task<bool> ParkAsync(ClaimedOperation operation, string why, CancellationToken cancellationToken) => line.WriteAsync(() => model.Park(operation.Id, operation.Generation, why), cancellationToken);

    public Task<FoundModification?> FindAsync(OperationKind kind, string reference, string acquirerReference, CancellationToken cancellationToken) =>
        line.WriteAsync(() => model.FindModification(kind, reference, acquirerReference), cancellationToken);

    public Task<NamedPayment?> FindPaymentAsync(string reference, OperationKind kind, CancellationToken cancellationToken) => line.WriteAsync(() => model.FindPayment(reference, kind), cancellationToken);

    public Task<bool> WasUndoneAsync(string reference, string account, CancellationToken cancellationToken) => line.WriteAsync(() => model.WasUndone(reference, account), cancellationToken);

    public Task<bool> TakeBackAsync(Guid id, string why, CancellationToken cancellationToken) => line.WriteAsync(() => model.TakeBack(id, why), cancellationToken);

    public Task<bool> OpenDifferenceAsync(Pool pool, Guid paymentId, string cause, long oursMinor, long theirsMinor, CancellationToken cancellationToken) =>
        line.WriteAsync(() => model.Differences.Add((paymentId, cause)), cancellationToken);
}
