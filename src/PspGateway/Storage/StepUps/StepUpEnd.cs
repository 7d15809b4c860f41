using Npgsql;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.StepUps;

/// <summary>What every end of a step-up does in the statement that decides it: nothing sealed stays, and no challenge is waited for any more.</summary>
internal static class StepUpEnd
{
    public const string IsOpen = "state in ('Waiting', 'Authenticating', 'Challenged', 'Succeeded')";

    public const string Erased = "sealed_card = null, sealed_page = null, sealed_result = null";

    /// <summary>
    /// For statements that end a payment: parts of a WITH that come after one named ended, of payment ids. By a state of @target that is Declined
    /// it has failed, by any other somebody has cancelled it.
    /// </summary>
    public const string WithPayment = $"""
        step_up as (
            update step_ups s set state = case when @target = 'Declined' then 'Failed' else 'Cancelled' end, {Erased} from ended e where s.payment_id = e.payment_id and s.{IsOpen}
        ),
        {WithoutAnswer}
        """;

    // Who waited for the payment's lock sees the operation as it was before, and judges it as it is: hence both states, and the cases.
    /// <summary>An Authenticate whose customer never came back. One whose call is open is finished by whoever holds it.</summary>
    public const string WithoutAnswer = """
        authenticate as (
            update operations a
            set status = case when a.status = 'Pending' then 'Failed' else a.status end,
                finished_at = case when a.status = 'Pending' then clock_timestamp() else a.finished_at end
            from ended e where a.payment_id = e.payment_id and a.kind = 'Authenticate' and a.status in ('Pending', 'InFlight')
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
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(PaymentMove.Terminate).ToString()));
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
