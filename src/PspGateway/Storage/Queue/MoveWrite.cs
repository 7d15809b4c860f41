using Npgsql;
using PspGateway.Domain.Payments;
using PspGateway.Storage.StepUps;

namespace PspGateway.Storage.Queue;

/// <summary>Moves a payment that has no authorise under way, with its line of history. A step-up ends with it.</summary>
internal static class MoveWrite
{
    private const string Sql = $"""
        with moved as (
            update payments set state = @target where id = @id and state = any(@sources) returning id, amount_minor
        ),
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select @event_id, m.id, @event, m.amount_minor, true, @reason, clock_timestamp() from moved m
        ),
        ended as (select id as payment_id from moved),
        {StepUpEnd.WithPayment}
        select count(*) from moved
        """;

    /// <summary>False when the payment is not in a state without an authorise from which the move is legal.</summary>
    public static async Task<bool> RunAsync(NpgsqlDataSource database, Guid paymentId, PaymentMove move, PaymentEventName name, string reason, CancellationToken cancellationToken)
    {
        await using var connection = await CallbackConnection.OpenAsync(database, cancellationToken);
        await using var command = new NpgsqlCommand(Sql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", paymentId));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(move).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string[]>("sources", [.. PaymentMoves.Sources(move).Where(s => s != PaymentState.Authorising).Select(s => s.ToString())]));
        command.Parameters.Add(new NpgsqlParameter<Guid>("event_id", Guid.CreateVersion7()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", name.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("reason", reason));
        return await command.ExecuteScalarAsync(cancellationToken) is > 0L;
    }
}
