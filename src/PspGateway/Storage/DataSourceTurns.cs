using Npgsql;

namespace PspGateway.Storage;

internal static class DataSourceTurns
{
    /// <inheritdoc cref="OpeningTurns.OpenAsync"/>
    public static Task<NpgsqlConnection> OpenInTurnAsync(this NpgsqlDataSource pool, CancellationToken cancellationToken) => OpeningTurns.Of(pool).OpenAsync(pool.OpenConnectionAsync, cancellationToken);

    /// <inheritdoc cref="OpeningTurns.Pass"/>
    public static NpgsqlCommand CommandInTurn(this NpgsqlDataSource pool, string sql)
    {
        OpeningTurns.Of(pool).Pass();
        return pool.CreateCommand(sql);
    }
}
