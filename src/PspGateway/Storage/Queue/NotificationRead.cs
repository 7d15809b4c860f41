using Npgsql;
using PspGateway.Domain;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Queue;

/// <summary>Reads what stored notifications say about an authorise, whoever took them in.</summary>
internal static class NotificationRead
{
    private const string AuthorisationSql = """
        select success, psp_reference, amount_minor, currency from acquirer_notifications
        where merchant_reference = @reference and merchant_account = @account and kind = @kind
        order by success desc, received_at limit 1
        """;

    private const string CancelledSql = """
        select exists (
            select from operations r
            join operations a on a.id = r.reverses_operation_id
            join payments p on p.id = r.payment_id
            cross join lateral (select a.reference union all select other.reference from operations other where other.reverses_operation_id = a.id) names
            join acquirer_notifications n on n.merchant_reference = names.reference and n.merchant_account = p.acquirer_account
            where r.id = @reverse_id and n.success
              and (n.original_reference = r.acquirer_reference and n.kind in (@by_reference, @by_theirs) or n.original_reference is null and n.kind = @by_reference))
        """;

    /// <summary>What the acquirer said by notification; null when it has said nothing.</summary>
    public static async Task<NotifiedAuthorisation?> AuthorisationAsync(NpgsqlDataSource database, string reference, string account, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(AuthorisationSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string>("reference", reference));
        command.Parameters.Add(new NpgsqlParameter<string>("account", account));
        command.Parameters.Add(new NpgsqlParameter<string>("kind", NotificationKind.Authorisation.ToString()));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken) ? new NotifiedAuthorisation(reader.GetBoolean(0), reader.GetString(1), reader.GetInt64(2), reader.GetString(3)) : null;
    }

    /// <summary>True when the acquirer has told that a cancel, by our own reference or by its, found and cancelled the authorisation that a Reverse is about.</summary>
    public static async Task<bool> CancelledBeforeAsync(NpgsqlDataSource database, Guid reverseId, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(CancelledSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("reverse_id", reverseId));
        command.Parameters.Add(new NpgsqlParameter<string>("by_reference", NotificationKind.CancelByReference.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("by_theirs", NotificationKind.Cancellation.ToString()));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}

internal sealed record NotifiedAuthorisation(bool Success, string AcquirerReference, long AmountMinor, string Currency)
{
    public bool IsOf(Money amount) => AmountMinor == amount.MinorUnits && Currency == amount.Currency.ToString();
}
