using Npgsql;
using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.Queue;

/// <summary>A payment as the callback needs it, with the authorise whose answer counts.</summary>
internal sealed class CallbackPayment
{
    public required Guid Id { get; init; }

    public required string MerchantSerialNumber { get; init; }

    public required Money Amount { get; init; }

    public required PaymentState State { get; init; }

    public required byte[] CallbackTokenHash { get; init; }

    public required string AcquirerAccount { get; init; }

    public required string ReturnReference { get; init; }

    public required long CapturedMinor { get; init; }

    public required long CancelledMinor { get; init; }

    /// <summary>Why it was declined, as its history says, where no FAIL is stored for it.</summary>
    public string? DeclineReason { get; init; }

    /// <summary>Null until a token was accepted.</summary>
    public CallbackAuthorise? Authorise { get; init; }
}

/// <param name="Overdue">The answer stopped being open, by the database's clock.</param>
/// <param name="DeliveredAgo">Since it was stored that OK has left; null as long as that is not stored.</param>
internal sealed record CallbackAuthorise(Guid Id, int Number, Answer? Answer, byte[]? Body, TimeSpan? DeliveredAgo, bool Overdue, OperationStatus Status, long Generation)
{
    public bool Delivered => DeliveredAgo is not null;
}

/// <summary>The one select before an accept, and the read that those who join a wait on another replica share.</summary>
internal static class CallbackRead
{
    private const string Sql = """
        select p.id, p.merchant_serial_number, p.amount_minor, p.currency, p.state, p.callback_token_hash, p.acquirer_account, p.return_reference, p.captured_minor,
               o.id, o.number, o.answer, o.answer_body, clock_timestamp() - o.delivered_at, o.answer_due <= clock_timestamp(), o.status, o.generation, p.cancelled_minor,
               case when p.state = 'Declined' and o.answer is distinct from 'Fail'
                    then (select e.reason from payment_events e where e.payment_id = p.id and e.name = 'Declined' order by e.at desc limit 1) end
        from payments p left join operations o on o.id = p.authorise_operation_id
        where p.id = any(@ids)
        """;

    public static async Task<CallbackPayment?> RunAsync(NpgsqlDataSource database, Guid paymentId, CancellationToken cancellationToken) =>
        (await RunAsync(database, [paymentId], cancellationToken)).GetValueOrDefault(paymentId);

    /// <summary>By id, those there are.</summary>
    public static async Task<IReadOnlyDictionary<Guid, CallbackPayment>> RunAsync(NpgsqlDataSource database, IReadOnlyList<Guid> paymentIds, CancellationToken cancellationToken)
    {
        await using var connection = await CallbackConnection.OpenAsync(database, cancellationToken);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid[]>("ids", [.. paymentIds]));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var payments = new Dictionary<Guid, CallbackPayment>(paymentIds.Count);
        while (await reader.ReadAsync(cancellationToken))
        {
            var payment = Read(reader);
            payments[payment.Id] = payment;
        }

        return payments;
    }

    private static CallbackPayment Read(NpgsqlDataReader reader) => new()
    {
        Id = reader.GetGuid(0),
        MerchantSerialNumber = reader.GetString(1),
        Amount = new Money(reader.GetInt64(2), Enum.Parse<Currency>(reader.GetString(3))),
        State = Enum.Parse<PaymentState>(reader.GetString(4)),
        CallbackTokenHash = reader.GetFieldValue<byte[]>(5),
        AcquirerAccount = reader.GetString(6),
        ReturnReference = reader.GetString(7),
        CapturedMinor = reader.GetInt64(8),
        CancelledMinor = reader.GetInt64(17),
        DeclineReason = reader.IsDBNull(18) ? null : reader.GetString(18),
        Authorise = reader.IsDBNull(9) ? null : new CallbackAuthorise(
            reader.GetGuid(9),
            reader.GetInt32(10),
            reader.IsDBNull(11) ? null : Enum.Parse<Answer>(reader.GetString(11)),
            reader.IsDBNull(12) ? null : reader.GetFieldValue<byte[]>(12),
            reader.IsDBNull(13) ? null : reader.GetTimeSpan(13),
            reader.GetBoolean(14),
            Enum.Parse<OperationStatus>(reader.GetString(15)),
            reader.GetInt64(16)),
    };
}
