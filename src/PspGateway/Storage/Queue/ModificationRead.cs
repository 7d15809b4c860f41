using Npgsql;
using PspGateway.Domain;
using PspGateway.Domain.Operations;

namespace PspGateway.Storage.Queue;

/// <summary>A capture, refund or cancel, found by a name that the acquirer used.</summary>
internal sealed record FoundModification(Guid Id, Guid PaymentId, OperationStatus Status, Money Amount, string Reference, string AcquirerAccount, bool Leased);

/// <param name="HasOpen">One of that kind is under way, and the acquirer's reference of it is not known yet.</param>
internal sealed record NamedPayment(Guid PaymentId, string AcquirerAccount, bool HasOpen);

internal static class ModificationRead
{
    // By its own reference; or, where the acquirer repeats the payment's, by the acquirer's for it.
    private const string FindSql = """
        select o.id, o.payment_id, o.status, o.amount_minor, o.currency, o.reference, p.acquirer_account, coalesce(o.lease_until > clock_timestamp(), false)
        from (
            select id from operations where reference = @reference and kind = @kind
            union
            select m.id from operations a join operations m on m.payment_id = a.payment_id and m.kind = @kind and m.acquirer_reference = @acquirer_reference
            where a.reference = @reference and a.kind = 'Authorise'
        ) found
        join operations o on o.id = found.id join payments p on p.id = o.payment_id
        limit 1
        """;

    private const string UndoneSql = "select exists (select from acquirer_notifications where merchant_reference = @reference and merchant_account = @account and kind = any(@kinds))";

    private const string PaymentSql = """
        select o.payment_id, p.acquirer_account, exists (
            select from operations m where m.payment_id = o.payment_id and m.kind = @kind and m.finished_at is null and m.acquirer_reference is null)
        from operations o join payments p on p.id = o.payment_id
        where o.reference = @reference and o.kind = 'Authorise'
        """;

    private const string StatusSql = "select status from operations where id = @id";

    public static async Task<FoundModification?> FindAsync(NpgsqlDataSource database, OperationKind kind, string reference, string acquirerReference, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(FindSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string>("kind", kind.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("reference", reference));
        command.Parameters.Add(new NpgsqlParameter<string>("acquirer_reference", acquirerReference));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new FoundModification(
                reader.GetGuid(0),
                reader.GetGuid(1),
                Enum.Parse<OperationStatus>(reader.GetString(2)),
                new Money(reader.GetInt64(3), Enum.Parse<Currency>(reader.GetString(4))),
                reader.GetString(5),
                reader.GetString(6),
                reader.GetBoolean(7))
            : null;
    }

    /// <summary>True when the acquirer has told that what was done was undone.</summary>
    public static async Task<bool> WasUndoneAsync(NpgsqlDataSource database, string reference, string account, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(UndoneSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string>("reference", reference));
        command.Parameters.Add(new NpgsqlParameter<string>("account", account));
        command.Parameters.Add(new NpgsqlParameter<string[]>("kinds", [nameof(Rows.NotificationKind.CaptureUndone), nameof(Rows.NotificationKind.RefundUndone)]));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }

    public static async Task<NamedPayment?> FindPaymentAsync(NpgsqlDataSource database, string reference, OperationKind kind, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(PaymentSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string>("reference", reference));
        command.Parameters.Add(new NpgsqlParameter<string>("kind", kind.ToString()));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new NamedPayment(reader.GetGuid(0), reader.GetString(1), reader.GetBoolean(2)) : null;
    }

    public static async Task<OperationStatus> StatusAsync(NpgsqlDataSource database, Guid id, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(StatusSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", id));
        return await command.ExecuteScalarAsync(cancellationToken) is string status ? Enum.Parse<OperationStatus>(status) : throw new InvalidOperationException($"There is no operation {id:N}.");
    }
}
