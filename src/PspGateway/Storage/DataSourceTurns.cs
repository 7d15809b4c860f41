using Npgsql;

namespace PspGateway.Storage;

internal static class DataSourceTurns
{
    /// <inheritdoc cref="OpeningTurns.OpenAsync"/>
    public static Task<NpgsqlConnection> OpenInTurnAsync(this NpgsqlDataSource pool, CancellationToken cancellationToken) => OpeningTurns.Of(pool).OpenAsync(pool.OpenConnectionAsync, cancellationToken);
}
