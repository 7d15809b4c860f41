using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Tests.Simulation;

/// <summary>How often the database misbehaves, as probabilities, and when it is not there at all.</summary>
internal sealed class DatabaseTrouble
{
    public double LockNotAvailable { get; init; }

    public double LostBefore { get; init; }

    public double LostAfter { get; init; }

    public double Hangs { get; init; }

    public (TimeSpan From, TimeSpan To)? Down { get; init; }

    public bool IsDown(TimeSpan at) => Down is { } window && at >= window.From && at < window.To;
}

/// <summary>One replica's line to the store: each statement takes its time, is refused, lost on its way there or back, or hangs.</summary>
internal sealed class SimulatedStore(ModelStore model, Scheduler scheduler, SimulatedProcess process, DatabaseTrouble trouble) : IPaymentStore
{
    private static readonly TimeSpan CommandTimeout = TimeSpan.FromSeconds(15);

    public Task<CallbackPayment?> ReadAsync(Guid paymentId) => RunAsync(() => model.Read(paymentId), Pool.Callback, writes: false, CancellationToken.None);

    public Task<CallbackPayment?> ReadAloneAsync(Pool pool, Guid paymentId, CancellationToken cancellationToken) => RunAsync(() => model.Read(paymentId), pool, writes: false, cancellationToken);

    public Task<bool> AcceptAsync(AcceptedToken token)
    {
        var remaining = token.Remaining();
        return RunAsync(() => model.Accept(token, remaining), Pool.Callback, writes: true, CancellationToken.None);
    }

    public Task<StoredAnswer?> RecordAsync(AuthoriseOutcome outcome) => RunAsync(() => model.Record(outcome), Pool.Callback, writes: true, CancellationToken.None);

    public Task<bool> RecordLearnedAsync(AuthoriseOutcome outcome, CancellationToken cancellationToken) => WriteAsync(() => model.Record(outcome) is not null, cancellationToken);

    public Task<bool> FailAsync(Guid operationId, byte[] body) => RunAsync(() => model.Decide(Decision.TooLate(operationId, body)), Pool.Callback, writes: true, CancellationToken.None);

    public Task<bool> DecideAsync(Pool pool, Decision decision, CancellationToken cancellationToken) => RunAsync(() => model.Decide(decision), pool, writes: true, cancellationToken);

    public Task<bool> MoveAsync(Pool pool, Guid paymentId, PaymentMove move, PaymentEventName name, string reason, CancellationToken cancellationToken) =>
        RunAsync(() => model.Move(paymentId, move) && model.Payments[paymentId].Because(reason), pool, writes: true, cancellationToken);

    public Task<IReadOnlySet<Guid>> MarkDeliveredAsync(IReadOnlyList<(Guid OperationId, long Generation)> delivered, bool reportReservations, CancellationToken cancellationToken) =>
        WriteAsync<IReadOnlySet<Guid>>(() => delivered.Where(d => model.MarkDelivered(d.OperationId, d.Generation, reportReservations)).Select(d => d.OperationId).ToHashSet(), cancellationToken);

    public Task<IReadOnlyList<Guid>> ExpireAsync(int limit, CancellationToken cancellationToken) => WriteAsync(() => model.Expire(limit), cancellationToken);

    public Task<IReadOnlyList<ClaimedOperation>> ClaimAsync(bool modifications, int limit, TimeSpan lease, CancellationToken cancellationToken) => WriteAsync(() => model.Claim(modifications, limit, lease), cancellationToken);

    public Task<bool> NextRungAsync(ClaimedOperation reverse, TimeSpan offset, CancellationToken cancellationToken) => WriteAsync(() => model.NextRung(reverse, offset), cancellationToken);

    public Task<bool> SameRungAsync(ClaimedOperation reverse, TimeSpan delay, TimeSpan next, CancellationToken cancellationToken) => WriteAsync(() => model.SameRung(reverse, delay, next), cancellationToken);

    public Task<bool> ParkAsync(ClaimedOperation operation, string why, CancellationToken cancellationToken) => WriteAsync(() => model.Park(operation.Id, operation.Generation, why), cancellationToken);

    public Task<bool> ParkReversalAsync(Guid reverseId, string? knownAs, long? generation, string why, CancellationToken cancellationToken) =>
        WriteAsync(() => model.ParkReversal(reverseId, knownAs, generation, why), cancellationToken);

    public Task<bool> FinishReversalAsync(Guid reverseId, long? generation, bool onlyUnfound, string why, CancellationToken cancellationToken) => WriteAsync(() => model.Finish(reverseId, generation, onlyUnfound), cancellationToken);

    public Task<bool> OpenReversalAsync(Guid authoriseId, string acquirerReference, CancellationToken cancellationToken) => WriteAsync(() => model.OpenReversal(authoriseId, acquirerReference), cancellationToken);

    public Task<FoundOperation?> FindAuthoriseAsync(string reference, CancellationToken cancellationToken) => RunAsync(() => model.FindAuthorise(reference), Pool.General, writes: false, cancellationToken);

    public Task<FoundOperation?> FindReverseAsync(string reference, string? acquirerReference, CancellationToken cancellationToken) => RunAsync(() => model.FindReverse(reference, acquirerReference), Pool.General, writes: false, cancellationToken);

    public Task<NotifiedAuthorisation?> NotifiedAsync(string reference, string account, CancellationToken cancellationToken) =>
        RunAsync(() => model.Notified(reference, account), Pool.Callback, writes: false, cancellationToken);

    public Task<bool> CancelledBeforeAsync(Guid reverseId, CancellationToken cancellationToken) => RunAsync(() => model.CancelledBefore(reverseId), Pool.General, writes: false, cancellationToken);

    public Task<T> WriteAsync<T>(Func<T> statement, CancellationToken cancellationToken) => RunAsync(statement, Pool.General, writes: true, cancellationToken);

    private Task<T> RunAsync<T>(Func<T> statement, Pool pool, bool writes, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<T>();
        cancellationToken.Register(() => reply.TrySetCanceled(cancellationToken));
        if (trouble.IsDown(scheduler.Elapsed))
        {
            Exception gone = pool == Pool.Callback ? new ConnectionNotOpenedException(new NpgsqlException("down")) : new NpgsqlException("down");
            scheduler.After(scheduler.Between(0.001, scheduler.Chance(0.5) ? 0.01 : 5), () => reply.TrySetException(gone));
            return reply.Task;
        }

        if (writes && pool == Pool.Callback && scheduler.Chance(trouble.LockNotAvailable))
        {
            scheduler.After(TimeSpan.FromMilliseconds(250), () => reply.TrySetException(new PostgresException("held", "ERROR", "ERROR", PostgresErrorCodes.LockNotAvailable)));
            return reply.Task;
        }

        var reaches = !scheduler.Chance(trouble.LostBefore);
        var comesBack = reaches && !scheduler.Chance(trouble.LostAfter);
        var there = scheduler.Chance(trouble.Hangs) ? scheduler.Between(0.3, 16) : scheduler.Between(0.0005, 0.004);
        var back = scheduler.Chance(trouble.Hangs) ? scheduler.Between(0.3, 16) : scheduler.Between(0.0002, 0.001);
        scheduler.After(there, () =>
        {
            // What a process had sent before it was killed may still arrive.
            var runs = reaches && !trouble.IsDown(scheduler.Elapsed) && !reply.Task.IsCompleted && (process.Alive || scheduler.Chance(0.5));
            var result = runs ? statement() : default;
            var answered = runs && comesBack && !trouble.IsDown(scheduler.Elapsed);
            scheduler.After(there + back > CommandTimeout ? TimeSpan.Zero : back, () =>
            {
                if (answered && there + back <= CommandTimeout)
                {
                    reply.TrySetResult(result!);
                }
                else
                {
                    reply.TrySetException(new NpgsqlException("The connection broke.", new IOException()));
                }
            });
        });
        return reply.Task;
    }
}
