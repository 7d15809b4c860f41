using Npgsql;
using PspGateway.Domain;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.StepUps;

/// <summary>A step-up with what its payment has to say about it.</summary>
internal sealed class StepUp
{
    public required Guid Id { get; init; }

    public required Guid PaymentId { get; init; }

    /// <summary>The first authorise.</summary>
    public required Guid OperationId { get; init; }

    public required string PageReference { get; init; }

    public required StepUpState State { get; init; }

    public required string SuccessUrl { get; init; }

    public required string CancelUrl { get; init; }

    public required string FailureUrl { get; init; }

    public required byte[] NumberFingerprint { get; init; }

    public required byte[] TokenFingerprint { get; init; }

    public required byte[]? SealedCard { get; init; }

    public required byte[]? SealedPage { get; init; }

    public required byte[]? SealedResult { get; init; }

    /// <summary>Its time is over, by the database's clock, whether or not somebody has said so.</summary>
    public required bool Overdue { get; init; }

    /// <summary>So long over that its page is not known any more.</summary>
    public required bool Forgotten { get; init; }

    /// <summary>How often the customer's page has started.</summary>
    public required int Attempts { get; init; }

    /// <summary>How often the 3-D Secure server was asked about the authentication that was started last.</summary>
    public required int Asked { get; init; }

    public required string MerchantSerialNumber { get; init; }

    public required string AcquirerAccount { get; init; }

    public required Money Amount { get; init; }

    public PspTransactionId PspTransactionId => new(PaymentId);
}

internal static class StepUpRead
{
    private const string Sql = """
        select s.id, s.payment_id, s.operation_id, s.page_reference, s.state, s.success_url, s.cancel_url, s.failure_url, s.number_fingerprint, s.token_fingerprint,
               s.sealed_card, s.sealed_page, s.sealed_result, s.expires_at <= clock_timestamp(), s.expires_at + interval '15 minutes' <= clock_timestamp(),
               p.merchant_serial_number, p.acquirer_account, p.amount_minor, p.currency, s.attempts,
               coalesce((select o.tries from operations o where o.id = s.authenticate_operation_id), 0)
        from step_ups s join payments p on p.id = s.payment_id
        """;

    public static Task<StepUp?> OfPaymentAsync(NpgsqlDataSource database, Guid paymentId, CancellationToken cancellationToken) =>
        RunAsync(database, $"{Sql} where s.payment_id = @name", new NpgsqlParameter<Guid>("name", paymentId), cancellationToken);

    public static Task<StepUp?> OfPageAsync(NpgsqlDataSource database, string pageReference, CancellationToken cancellationToken) =>
        RunAsync(database, $"{Sql} where s.page_reference = @name", new NpgsqlParameter<string>("name", pageReference), cancellationToken);

    private static async Task<StepUp?> RunAsync(NpgsqlDataSource database, string sql, NpgsqlParameter name, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.Add(name);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        return await reader.ReadAsync(cancellationToken)
            ? new StepUp
            {
                Id = reader.GetGuid(0),
                PaymentId = reader.GetGuid(1),
                OperationId = reader.GetGuid(2),
                PageReference = reader.GetString(3),
                State = Enum.Parse<StepUpState>(reader.GetString(4)),
                SuccessUrl = reader.GetString(5),
                CancelUrl = reader.GetString(6),
                FailureUrl = reader.GetString(7),
                NumberFingerprint = await reader.GetFieldValueAsync<byte[]>(8, cancellationToken),
                TokenFingerprint = await reader.GetFieldValueAsync<byte[]>(9, cancellationToken),
                SealedCard = await reader.IsDBNullAsync(10, cancellationToken) ? null : await reader.GetFieldValueAsync<byte[]>(10, cancellationToken),
                SealedPage = await reader.IsDBNullAsync(11, cancellationToken) ? null : await reader.GetFieldValueAsync<byte[]>(11, cancellationToken),
                SealedResult = await reader.IsDBNullAsync(12, cancellationToken) ? null : await reader.GetFieldValueAsync<byte[]>(12, cancellationToken),
                Overdue = reader.GetBoolean(13),
                Forgotten = reader.GetBoolean(14),
                Attempts = reader.GetInt32(19),
                Asked = reader.GetInt32(20),
                MerchantSerialNumber = reader.GetString(15),
                AcquirerAccount = reader.GetString(16),
                Amount = new Money(reader.GetInt64(17), Enum.Parse<Currency>(reader.GetString(18))),
            }
            : null;
    }
}
