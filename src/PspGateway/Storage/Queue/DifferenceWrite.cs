using Npgsql;

namespace PspGateway.Storage.Queue;

/// <summary>Books that do not agree, as records for a person (ENGINE 18).</summary>
internal static class DifferenceWrite
{
    private const string OpenSql = """
        insert into differences (id, payment_id, cause, ours_minor, theirs_minor, found_at)
        select @id, @payment_id, @cause, @ours, @theirs, clock_timestamp()
        where not @once or not exists (select from differences where payment_id = @payment_id and cause = @cause)
        on conflict (payment_id, cause) where resolved_at is null do nothing
        """;

    private const string ResolveSql = "update differences set resolved_at = clock_timestamp(), resolved_by = @who where id = @id and resolved_at is null";

    /// <summary>False: there is no open one of that id.</summary>
    public static async Task<bool> ResolveAsync(NpgsqlDataSource database, Guid id, string who, CancellationToken cancellationToken)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(ResolveSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", id));
        command.Parameters.Add(new NpgsqlParameter<string>("who", who));
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }

    /// <param name="once">Also one that a person has resolved counts: it is not found again.</param>
    /// <returns>False: it is open already.</returns>
    public static async Task<bool> OpenAsync(NpgsqlDataSource database, Guid paymentId, string cause, long oursMinor, long theirsMinor, CancellationToken cancellationToken, bool once = false)
    {
        await using var connection = await database.OpenInTurnAsync(cancellationToken);
        await using var command = new NpgsqlCommand(OpenSql, connection);
        command.Parameters.Add(new NpgsqlParameter<Guid>("id", Guid.CreateVersion7()));
        command.Parameters.Add(new NpgsqlParameter<Guid>("payment_id", paymentId));
        command.Parameters.Add(new NpgsqlParameter<string>("cause", cause));
        command.Parameters.Add(new NpgsqlParameter<long>("ours", oursMinor));
        command.Parameters.Add(new NpgsqlParameter<long>("theirs", theirsMinor));
        command.Parameters.Add(new NpgsqlParameter<bool>("once", once));
        return await command.ExecuteNonQueryAsync(cancellationToken) > 0;
    }
}
