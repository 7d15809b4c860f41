using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage.StepUps;

/// <summary>The step-up's statements, each one round trip and one commit, none of them on the way of a payment without one.</summary>
internal sealed class StepUpStore(GatewayDatabase database)
{
    private const string RenewSql = $"""
        update step_ups set success_url = @success_url, cancel_url = @cancel_url, failure_url = @failure_url
        where id = @id and {StepUpEnd.IsOpen} and (success_url, cancel_url, failure_url) is distinct from (@success_url, @cancel_url, @failure_url)
        """;

    private const string EndSql = $"""
        with ended as (
            select s.id as step_up_id, p.id as payment_id, p.amount_minor
            from step_ups s join payments p on p.id = s.payment_id
            where s.id = @id and s.state = any(@from) and p.state = 'StepUp'
            for update of p, s
        ),
        step_up as (
            update step_ups s set state = @state, {StepUpEnd.Erased} from ended e where s.id = e.step_up_id
        ),
        payment as (
            update payments p set state = @target from ended e where p.id = e.payment_id
        ),
        {StepUpEnd.WithoutAnswer},
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select gen_random_uuid(), e.payment_id, @event, e.amount_minor, true, @reason, clock_timestamp() from ended e
        )
        select count(*) from ended
        """;

    private const string ExpireSql = $"""
        with ended as (
            select s.id as step_up_id, p.id as payment_id, p.amount_minor
            from step_ups s join payments p on p.id = s.payment_id
            where s.{StepUpEnd.IsOpen} and s.expires_at <= (select clock_timestamp()) and p.state = 'StepUp'
            order by s.expires_at
            limit @limit
            for update of p, s skip locked
        ),
        step_up as (
            update step_ups s set state = 'Expired', {StepUpEnd.Erased} from ended e where s.id = e.step_up_id
        ),
        payment as (
            update payments p set state = @target from ended e where p.id = e.payment_id
        ),
        {StepUpEnd.WithoutAnswer},
        history as (
            insert into payment_events (id, payment_id, name, amount_minor, success, reason, at)
            select gen_random_uuid(), e.payment_id, @event, e.amount_minor, true, @reason, clock_timestamp() from ended e
        )
        select payment_id from ended
        """;

    public Task<bool> AskAsync(NewStepUp stepUp) => StepUpAskWrite.RunAsync(database.Callback, stepUp, CancellationToken.None);

    public Task<bool> AcceptAsync(AcceptedToken token, Guid stepUpId) => SecondAcceptWrite.RunAsync(database.Callback, token, stepUpId, CancellationToken.None);

    public Task<StepUp?> OfPaymentAsync(Guid paymentId) => StepUpRead.OfPaymentAsync(database.Callback, paymentId, CancellationToken.None);

    public Task<StepUp?> OfPageAsync(string pageReference, CancellationToken cancellationToken) => StepUpRead.OfPageAsync(database.General, pageReference, cancellationToken);

    public Task<StartedAuthentication?> BeginAsync(Guid stepUpId, int most, TimeSpan lease) => AuthenticationWrite.BeginAsync(database.General, stepUpId, most, lease, CancellationToken.None);

    public Task<StartedAuthentication?> ResumeAsync(Guid stepUpId, int most, TimeSpan lease) => AuthenticationWrite.ResumeAsync(database.General, stepUpId, most, lease, CancellationToken.None);

    public Task<bool> RecordAsync(AuthenticationRecord record) => AuthenticationWrite.RecordAsync(database.General, record, CancellationToken.None);

    /// <summary>The newest addresses win.</summary>
    public async Task RenewAsync(Guid stepUpId, string successUrl, string cancelUrl, string failureUrl)
    {
        await using var connection = await database.Callback.OpenInTurnAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(RenewSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", stepUpId));
        command.Parameters.Add(new NpgsqlParameter<string>("success_url", successUrl));
        command.Parameters.Add(new NpgsqlParameter<string>("cancel_url", cancelUrl));
        command.Parameters.Add(new NpgsqlParameter<string>("failure_url", failureUrl));
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>Ends it, and with it the payment as Declined. False: it was in none of those states any more.</summary>
    public async Task<bool> EndAsync(Pool pool, Guid stepUpId, IReadOnlyList<StepUpState> from, StepUpState to, string reason)
    {
        await using var connection = await (pool == Pool.Callback ? database.Callback : database.General).OpenInTurnAsync(CancellationToken.None);
        await using var command = new NpgsqlCommand(EndSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", stepUpId));
        command.Parameters.Add(new NpgsqlParameter<string[]>("from", [.. from.Select(s => s.ToString())]));
        command.Parameters.Add(new NpgsqlParameter<string>("state", to.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(PaymentMove.Decline).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", PaymentEventName.Declined.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("reason", reason));
        return await command.ExecuteScalarAsync() is > 0L;
    }

    /// <summary>Ends those whose time is over, a bounded batch at a time. The payments whose step-ups ended now.</summary>
    public async Task<IReadOnlyList<Guid>> ExpireAsync(int limit, CancellationToken cancellationToken)
    {
        await using var connection = await database.General.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ExpireSql, connection);
        command.Parameters.Add(new NpgsqlParameter<int>("limit", limit));
        command.Parameters.Add(new NpgsqlParameter<string>("target", PaymentMoves.Target(PaymentMove.Expire).ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("event", PaymentEventName.Expired.ToString()));
        command.Parameters.Add(new NpgsqlParameter<string>("reason", "StepUpExpired"));
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var expired = new List<Guid>();
        while (await reader.ReadAsync(cancellationToken))
        {
            expired.Add(reader.GetGuid(0));
        }

        return expired;
    }
}
