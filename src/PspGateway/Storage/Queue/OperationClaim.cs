using Npgsql;
using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.Queue;

/// <summary>An operation whose lease this process now holds.</summary>
internal sealed class ClaimedOperation
{
    public required Guid Id { get; init; }

    public required Guid PaymentId { get; init; }

    public required OperationKind Kind { get; init; }

    public required OperationStatus Status { get; init; }

    public required Answer? Answer { get; init; }

    public required string Reference { get; init; }

    public required string IdempotencyKey { get; init; }

    public required string? AcquirerReference { get; init; }

    public required Guid? ReversesOperationId { get; init; }

    public required int Tries { get; init; }

    public required int LadderBase { get; init; }

    /// <summary>Which rung of the cancel ladder comes next, from 0.</summary>
    public int Rung => Tries - LadderBase;

    public required long Generation { get; init; }

    public required string AcquirerAccount { get; init; }

    /// <summary>For a Reverse: the reference and status of the authorise it undoes.</summary>
    public required string? ReversedReference { get; init; }

    public required OperationStatus? ReversedStatus { get; init; }

    public required Money Amount { get; init; }

    public PspTransactionId PspTransactionId => new(PaymentId);
}

/// <summary>Takes leases of what is due (ENGINE 25): by the database's clock, skipping what others hold, with a new generation.</summary>
internal static class OperationClaim
{
    // A kind that only a newer version knows is left to that.
    internal static readonly string[] Modifications = [nameof(OperationKind.Capture), nameof(OperationKind.Cancel), nameof(OperationKind.Refund)];
    private static readonly string[] Others = [nameof(OperationKind.Authorise), nameof(OperationKind.Reverse), nameof(OperationKind.Authenticate)];

    // What waits for its turn behind another of its payment is passed by; that it is its turn is made sure of later, under the payment's lock.
    internal const string Sql = """
        with due as (
            select o.id from operations o
            where o.kind = any(@kinds) and o.due_at is not null and o.due_at <= (select clock_timestamp()) and (o.lease_until is null or o.lease_until <= clock_timestamp())
              and (o.kind in ('Authorise', 'Reverse', 'Authenticate') or not exists (
                  select from operations e
                  where e.payment_id = o.payment_id and e.kind in ('Capture', 'Cancel', 'Refund') and e.id <> o.id
                    and (e.status = 'InFlight' or (e.status = 'Pending' and (e.created_at, e.id) < (o.created_at, o.id)))))
            order by o.due_at, o.id
            limit @limit
            for update skip locked
        ),
        claimed as (
            update operations o
            set lease_until = clock_timestamp() + @lease, due_at = clock_timestamp() + @lease, generation = o.generation + 1
            from due d where o.id = d.id
            returning o.*
        )
        select c.id, c.payment_id, c.kind, c.status, c.answer, c.reference, c.idempotency_key, c.acquirer_reference, c.reverses_operation_id, c.tries, c.generation,
               p.acquirer_account, a.reference, a.status, c.ladder_base, c.amount_minor, c.currency
        from claimed c
        join payments p on p.id = c.payment_id
        left join operations a on a.id = c.reverses_operation_id
        """;

    // What waits behind a capture, refund or cancel goes on; its own amount stays counted, as always when nobody knows. An authorise is claimed when
    // it is finished, too: for an OK without a mark.
    private const string ParkSql = """
        update operations
        set status = case when kind in ('Capture', 'Cancel', 'Refund') then 'Unknown' else status end,
            lease_until = null, due_at = null, parked_at = clock_timestamp(), parked_why = @why
        where id = @id and generation = @generation and (finished_at is null or kind = 'Authorise') and parked_at is null
        """;

    /// <summary>Nobody takes it up again by itself. False: somebody else holds it by now.</summary>
    public static async Task<bool> ParkAsync(NpgsqlDataSource database, ClaimedOperation operation, string why, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ParkSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", operation.Id));
        command.Parameters.Add(new NpgsqlParameter<long>("generation", operation.Generation));
        command.Parameters.Add(new NpgsqlParameter<string>("why", why));
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    public static async Task<IReadOnlyList<ClaimedOperation>> RunAsync(NpgsqlDataSource database, bool modifications, int limit, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        var sql = Sql;
        PlantedBug.InStatement(ref sql);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<string[]>("kinds", modifications ? Modifications : Others));
        command.Parameters.Add(new NpgsqlParameter<int>("limit", limit));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("lease", lease));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<ClaimedOperation>();
        while (await reader.ReadAsync(cancellationToken))
        {
            if (await ReadAsync(reader, cancellationToken) is { } operation)
            {
                claimed.Add(operation);
            }
        }

        return claimed;
    }

    /// <summary>Null: written by a version that knows more than this one. It keeps its lease, for whoever can read it, and holds up nobody.</summary>
    private static async Task<ClaimedOperation?> ReadAsync(NpgsqlDataReader reader, CancellationToken cancellationToken)
    {
        var (answer, reversedStatus) = (await TextAsync(reader, 4, cancellationToken), await TextAsync(reader, 13, cancellationToken));
        if (!Enum.TryParse<OperationKind>(reader.GetString(2), out var kind) || !Enum.TryParse<OperationStatus>(reader.GetString(3), out var status) || !Enum.TryParse<Currency>(reader.GetString(16), out var currency)
            || !TryParse<Answer>(answer, out var answered) || !TryParse<OperationStatus>(reversedStatus, out var reversed))
        {
            return null;
        }

        return new ClaimedOperation
        {
            Id = reader.GetGuid(0),
            PaymentId = reader.GetGuid(1),
            Kind = kind,
            Status = status,
            Answer = answered,
            Reference = reader.GetString(5),
            IdempotencyKey = reader.GetString(6),
            AcquirerReference = await TextAsync(reader, 7, cancellationToken),
            ReversesOperationId = await reader.IsDBNullAsync(8, cancellationToken) ? null : reader.GetGuid(8),
            Tries = reader.GetInt32(9),
            LadderBase = reader.GetInt32(14),
            Generation = reader.GetInt64(10),
            AcquirerAccount = reader.GetString(11),
            Amount = new Money(reader.GetInt64(15), currency),
            ReversedReference = await TextAsync(reader, 12, cancellationToken),
            ReversedStatus = reversed,
        };
    }

    private static async Task<string?> TextAsync(NpgsqlDataReader reader, int column, CancellationToken cancellationToken) => await reader.IsDBNullAsync(column, cancellationToken) ? null : reader.GetString(column);

    /// <summary>True with null for what is not there.</summary>
    private static bool TryParse<T>(string? text, out T? value)
        where T : struct, Enum
    {
        var known = Enum.TryParse<T>(text, out var parsed);
        value = known ? parsed : null;
        return known || text is null;
    }
}
