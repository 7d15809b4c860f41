using Npgsql;

namespace PspGateway.Storage.Queue;

/// <summary>One event for one endpoint, leased to this process.</summary>
internal sealed class ClaimedDelivery
{
    public required Guid Id { get; init; }

    public required Guid SubscriptionId { get; init; }

    public required Guid PaymentId { get; init; }

    public required Guid EventId { get; init; }

    public required string Url { get; init; }

    public required byte[] SealedSecret { get; init; }

    /// <summary>This one included.</summary>
    public required int Tries { get; init; }

    public required long Generation { get; init; }

    public required string MerchantSerialNumber { get; init; }

    /// <summary>The merchant has deleted the webhook while the event was written.</summary>
    public required bool Deleted { get; init; }
}

/// <summary>
/// The queue of webhooks. What waits for an endpoint is claimed a few at a time and for each endpoint apart, so that one with a million
/// waiting holds up nobody; of a payment the next one is claimed only when the one before is done.
/// </summary>
internal static class WebhookQueue
{
    // The endpoints that something waits for, by stepping from one to the next in the index.
    private const string ClaimSql = """
        with recursive endpoint as (
            (select d.subscription_id from webhook_deliveries d where d.due_at is not null order by d.subscription_id limit 1)
            union all
            select (select d.subscription_id from webhook_deliveries d where d.due_at is not null and d.subscription_id > e.subscription_id order by d.subscription_id limit 1)
            from endpoint e where e.subscription_id is not null
        ),
        candidate as (
            select x.id, x.place, x.due_at, e.subscription_id = any(@failing) as failing,
                   row_number() over (partition by e.subscription_id = any(@failing) order by x.place, x.due_at) as turn
            from endpoint e
            left join unnest(@busy, @under_way) b (id, number) on b.id = e.subscription_id
            join webhook_subscriptions s on s.id = e.subscription_id and s.merchant_serial_number <> all(@full_merchants)
            cross join lateral (
                select d.id, d.due_at, row_number() over (order by d.due_at) + coalesce(b.number, 0) as place from webhook_deliveries d
                where d.subscription_id = e.subscription_id and d.due_at <= (select clock_timestamp()) and not exists (
                    select from webhook_deliveries b
                    where b.subscription_id = d.subscription_id and b.payment_id = d.payment_id and b.due_at is not null and (b.created_at, b.id) < (d.created_at, d.id))
                order by d.due_at limit greatest(@per_endpoint - coalesce(b.number, 0), 0)
            ) x
            where e.subscription_id is not null
        ),
        due as (
            select c.id from candidate c where not c.failing or c.turn <= @failing_room order by c.failing, c.place, c.due_at limit @limit
        ),
        locked as (
            select d.id from webhook_deliveries d join due on due.id = d.id where d.due_at <= (select clock_timestamp()) for update of d skip locked
        ),
        claimed as (
            update webhook_deliveries d
            set due_at = clock_timestamp() + @lease, lease_until = clock_timestamp() + @lease, generation = d.generation + 1, tries = d.tries + 1
            from locked l where d.id = l.id
            returning d.*
        )
        select c.id, c.subscription_id, c.payment_id, c.event_id, s.url, s.sealed_secret, c.tries, c.generation, s.merchant_serial_number, s.deleted_at is not null
        from claimed c join webhook_subscriptions s on s.id = c.subscription_id
        """;

    private const string DeliveredSql = """
        with delivered as (
            update webhook_deliveries set delivered_at = clock_timestamp(), due_at = null, lease_until = null, last_status = @status
            where id = @id and generation = @generation and due_at is not null
            returning id, subscription_id, payment_id, created_at
        )
        update webhook_deliveries d set due_at = clock_timestamp()
        from delivered f
        where d.subscription_id = f.subscription_id and d.payment_id = f.payment_id and d.due_at > clock_timestamp() and d.lease_until is null
          and (d.created_at, d.id) > (f.created_at, f.id)
        """;

    // What waits behind it is put off with it, so that no claim has to pass it by; it goes on at once when this one is parked.
    private const string FailedSql = """
        with failed as (
            update webhook_deliveries
            set last_status = @status, lease_until = null,
                due_at = case when clock_timestamp() + @wait > created_at + @give_up then null else clock_timestamp() + @wait end,
                parked_at = case when clock_timestamp() + @wait > created_at + @give_up then clock_timestamp() end
            where id = @id and generation = @generation and due_at is not null
            returning id, subscription_id, payment_id, created_at, due_at, parked_at
        ),
        behind as (
            update webhook_deliveries d set due_at = coalesce(f.due_at, clock_timestamp())
            from failed f
            where d.subscription_id = f.subscription_id and d.payment_id = f.payment_id and d.due_at is not null and (d.created_at, d.id) > (f.created_at, f.id)
        )
        select parked_at is not null from failed
        """;

    /// <param name="underWay">How many are on their way to each endpoint. Whoever has the fewest comes first.</param>
    /// <param name="failing">Endpoints whose last answer was none or a bad one: they come last, and get <paramref name="failingRoom"/> places at most.</param>
    public static async Task<IReadOnlyList<ClaimedDelivery>> ClaimAsync(NpgsqlDataSource database, int limit, int perEndpoint, IReadOnlyDictionary<Guid, int> underWay, IReadOnlyCollection<Guid> failing, int failingRoom, IReadOnlyCollection<string> fullMerchants, TimeSpan lease, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ClaimSql, connection);
        command.Parameters.Add(new NpgsqlParameter<int>("limit", limit));
        command.Parameters.Add(new NpgsqlParameter<int>("per_endpoint", perEndpoint));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("busy", [.. underWay.Keys]));
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("failing", [.. failing]));
        command.Parameters.Add(new NpgsqlParameter<int>("failing_room", failingRoom));
        command.Parameters.Add(new NpgsqlParameter<int[]>("under_way", [.. underWay.Values]));
        command.Parameters.Add(new NpgsqlParameter<string[]>("full_merchants", [.. fullMerchants]));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("lease", lease));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var claimed = new List<ClaimedDelivery>();
        while (await reader.ReadAsync(cancellationToken))
        {
            claimed.Add(new ClaimedDelivery
            {
                Id = reader.GetGuid(0),
                SubscriptionId = reader.GetGuid(1),
                PaymentId = reader.GetGuid(2),
                EventId = reader.GetGuid(3),
                Url = reader.GetString(4),
                SealedSecret = await reader.GetFieldValueAsync<byte[]>(5, cancellationToken),
                Tries = reader.GetInt32(6),
                Generation = reader.GetInt64(7),
                MerchantSerialNumber = reader.GetString(8),
                Deleted = reader.GetBoolean(9),
            });
        }

        return claimed;
    }

    public static async Task DeliveredAsync(NpgsqlDataSource database, ClaimedDelivery delivery, int status, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(DeliveredSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", delivery.Id));
        command.Parameters.Add(new NpgsqlParameter<long>("generation", delivery.Generation));
        command.Parameters.Add(new NpgsqlParameter<int?>("status", status));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    /// <param name="status">Null: no answer.</param>
    /// <returns>True when it was parked: it was tried long enough.</returns>
    public static async Task<bool> FailedAsync(NpgsqlDataSource database, ClaimedDelivery delivery, int? status, TimeSpan wait, TimeSpan giveUpAfter, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(FailedSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", delivery.Id));
        command.Parameters.Add(new NpgsqlParameter<long>("generation", delivery.Generation));
        command.Parameters.Add(new NpgsqlParameter<int?>("status", status));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("wait", wait));
        command.Parameters.Add(new NpgsqlParameter<TimeSpan>("give_up", giveUpAfter));
        return await command.ExecuteScalarAsync(cancellationToken) is true;
    }
}
