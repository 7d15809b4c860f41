using Npgsql;

namespace PspGateway.Storage.StepUps;

/// <summary>What every end of a step-up does in the statement that decides it: nothing sealed stays, and no challenge is waited for any more.</summary>
internal static class StepUpEnd
{
    public const string IsOpen = "state in ('Waiting', 'Authenticating', 'Challenged', 'Succeeded')";

    public const string Erased = "sealed_card = null, sealed_page = null, sealed_result = null";

    /// <summary>For statements that end a payment: parts of a WITH that come after one named ended, of payment ids.</summary>
    public const string WithPayment = $"""
        step_up as (
            update step_ups s set state = 'Cancelled', {Erased} from ended e where s.payment_id = e.payment_id and s.{IsOpen}
        ),
        {WithoutAnswer}
        """;

    /// <summary>An Authenticate whose customer never came back. One whose call is open is finished by whoever holds it.</summary>
    public const string WithoutAnswer = """
        authenticate as (
            update operations a set status = 'Failed', finished_at = clock_timestamp()
            from ended e where a.payment_id = e.payment_id and a.kind = 'Authenticate' and a.status = 'Pending'
        )
        """;

    private const string Sql = $"""
        with ended as (select @payment_id as payment_id),
        {WithPayment}
        select 1
        """;

    /// <summary>Ends the payment's step-up, if it has an open one, within the caller's transaction, which holds the payment's row.</summary>
    public static async Task RunAsync(NpgsqlConnection connection, Guid paymentId, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("payment_id", paymentId));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
