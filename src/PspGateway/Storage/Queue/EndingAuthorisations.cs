using System.Buffers.Binary;
using Npgsql;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.Queue;

/// <summary>A payment with something left to capture.</summary>
/// <param name="AuthoriseId">The authorise that counts.</param>
/// <param name="FailedCancels">How many cancels of our own the acquirer refused.</param>
/// <param name="Now">By the database's clock.</param>
internal sealed record EndingAuthorisation(Guid PaymentId, Guid AuthoriseId, string? CardBin, long HeldMinor, DateTimeOffset AuthorisedAt, bool Warned, int FailedCancels, DateTimeOffset Now)
{
    public PspTransactionId PspTransactionId => new(PaymentId);
}

/// <summary>Payments by the time of their making, a bounded page at a time, and the warning that the authorisation of one is about to end.</summary>
internal static class EndingAuthorisations
{
    private const int PageSize = 1000;

    // A page is so many payments whatever they are, so that each statement is short also where none is held still.
    private const string PageSql = """
        with page as materialized (
            select id, state, card_bin, authorise_operation_id, authorised_minor - captured_minor - cancelled_minor as held
            from payments where id > @after and id < @until order by id limit @size
        )
        select l.id, l.size, h.id, h.authorise_operation_id, h.card_bin, h.held, a.finished_at,
               exists (select from payment_events e where e.payment_id = h.id and e.id = h.authorise_operation_id),
               (select count(*)::int from operations o where o.payment_id = h.id and o.kind = 'Cancel' and o.status = 'Failed' and o.merchant_key is null),
               clock_timestamp()
        from (select (select id from page order by id desc limit 1) as id, (select count(*)::int from page) as size) l
        left join page h on h.state = @authorised and h.held > 0
        left join operations a on a.id = h.authorise_operation_id
        order by h.id
        """;

    // The event's id is the authorise's: one warning each, whoever comes first.
    private const string WarnSql = """
        with warned as (
            insert into payment_events (id, payment_id, name, amount_minor, success, at)
            select p.authorise_operation_id, p.id, @name, p.authorised_minor - p.captured_minor - p.cancelled_minor, true, clock_timestamp()
            from payments p
            where p.id = @id and p.authorise_operation_id = @authorise and p.state = @authorised and p.authorised_minor > p.captured_minor + p.cancelled_minor
            on conflict (payment_id, id) do nothing
            returning id
        )
        select count(*) from warned
        """;

    /// <summary>The least key that a payment made at that moment or later can have (UUIDv7: the milliseconds come first).</summary>
    public static Guid FirstKeyOf(DateTimeOffset at)
    {
        Span<byte> key = stackalloc byte[16];
        BinaryPrimitives.WriteInt64BigEndian(key, Math.Max(at.ToUnixTimeMilliseconds(), 0) << 16);
        return new Guid(key, bigEndian: true);
    }

    /// <summary>Those of the next payments that hold something still, and after which key to go on; null: these were the last.</summary>
    public static async Task<(Guid? After, IReadOnlyList<EndingAuthorisation> Page)> PageAsync(NpgsqlDataSource database, Guid after, Guid until, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(PageSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("after", after));
        command.Parameters.Add(new NpgsqlParameter<Guid>("until", until));
        command.Parameters.Add(new NpgsqlParameter<int>("size", PageSize));
        command.Parameters.Add(new NpgsqlParameter<string>("authorised", PaymentState.Authorised.ToString()));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        Guid? last = null;
        var page = new List<EndingAuthorisation>();
        while (await reader.ReadAsync(cancellationToken))
        {
            last = reader.GetInt32(1) == PageSize ? reader.GetGuid(0) : null;
            if (!await reader.IsDBNullAsync(2, cancellationToken) && !await reader.IsDBNullAsync(6, cancellationToken))
            {
                page.Add(new EndingAuthorisation(
                    reader.GetGuid(2),
                    reader.GetGuid(3),
                    await reader.IsDBNullAsync(4, cancellationToken) ? null : reader.GetString(4),
                    reader.GetInt64(5),
                    await reader.GetFieldValueAsync<DateTimeOffset>(6, cancellationToken),
                    reader.GetBoolean(7),
                    reader.GetInt32(8),
                    await reader.GetFieldValueAsync<DateTimeOffset>(9, cancellationToken)));
            }
        }

        return (last, page);
    }

    /// <summary>True when this call wrote it.</summary>
    public static async Task<bool> WarnAsync(NpgsqlDataSource database, EndingAuthorisation payment, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(WarnSql, connection);
        command.Parameters.Add(new NpgsqlParameter<string>("name", PaymentEventName.AuthorisationEnding.ToString()));
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", payment.PaymentId));
        command.Parameters.Add(new NpgsqlParameter<Guid>("authorise", payment.AuthoriseId));
        command.Parameters.Add(new NpgsqlParameter<string>("authorised", PaymentState.Authorised.ToString()));
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }
}
