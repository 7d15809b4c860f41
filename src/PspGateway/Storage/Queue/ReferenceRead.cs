using Npgsql;
using NpgsqlTypes;
using PspGateway.Domain.Operations;

namespace PspGateway.Storage.Queue;

/// <summary>An authorise or its reversal, found by a name that the acquirer used.</summary>
internal sealed record FoundOperation(Guid Id, Guid PaymentId, OperationStatus Status, Answer? Answer, string? AcquirerReference, long Generation, bool Leased, bool Finished, DateTimeOffset? LastSendBefore, int Rung, string AcquirerAccount, long AmountMinor);

internal static class ReferenceRead
{
    private const string Columns = """
        select o.id, o.payment_id, o.status, o.answer, o.acquirer_reference, o.generation,
               coalesce(o.lease_until > clock_timestamp(), false), o.finished_at is not null,
               (select p.acquirer_account from payments p where p.id = o.payment_id)
        """;

    // An Authenticate, too: money that is held under its name is reversed just the same (ENGINE 24).
    private const string AuthoriseSql = $"{Columns}, o.answer_due, 0, o.amount_minor from operations o where o.kind in ('Authorise', 'Authenticate') and o.reference = @reference";

    // By the modification's own reference, by the authorise's where the acquirer repeats that, or by the acquirer's for the authorise.
    private const string ReverseSql = $"""
        {Columns}, a.answer_due, o.tries - o.ladder_base, o.amount_minor
        from (
            select id from operations where reference = @reference and kind = 'Reverse'
            union
            select r.id from operations x join operations r on r.reverses_operation_id = x.id where x.reference = @reference
        ) found
        join operations o on o.id = found.id join operations a on a.id = o.reverses_operation_id
        order by o.reference = @reference desc, o.acquirer_reference is not distinct from @acquirer_reference desc, o.finished_at is not null, o.id
        limit 1
        """;

    public static Task<FoundOperation?> AuthoriseAsync(NpgsqlDataSource database, string reference, CancellationToken cancellationToken) => FindAsync(database, AuthoriseSql, reference, null, cancellationToken);

    public static Task<FoundOperation?> ReverseAsync(NpgsqlDataSource database, string reference, string? acquirerReference, CancellationToken cancellationToken) =>
        FindAsync(database, ReverseSql, reference, acquirerReference, cancellationToken);

    private static async Task<FoundOperation?> FindAsync(NpgsqlDataSource database, string sql, string reference, string? acquirerReference, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(new NpgsqlParameter<string>("reference", reference));
        command.Parameters.Add(new NpgsqlParameter("acquirer_reference", NpgsqlDbType.Text) { Value = acquirerReference ?? (object)DBNull.Value });
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        if (!await reader.ReadAsync(cancellationToken))
        {
            return null;
        }

        return new FoundOperation(
            reader.GetGuid(0),
            reader.GetGuid(1),
            Enum.Parse<OperationStatus>(reader.GetString(2)),
            await reader.IsDBNullAsync(3, cancellationToken) ? null : Enum.Parse<Answer>(reader.GetString(3)),
            await reader.IsDBNullAsync(4, cancellationToken) ? null : reader.GetString(4),
            reader.GetInt64(5),
            reader.GetBoolean(6),
            reader.GetBoolean(7),
            await reader.IsDBNullAsync(9, cancellationToken) ? null : await reader.GetFieldValueAsync<DateTimeOffset>(9, cancellationToken),
            reader.GetInt32(10),
            reader.GetString(8),
            reader.GetInt64(11));
    }
}
