using System.Net.Sockets;
using Npgsql;

namespace PspGateway.Storage.Queue;

internal static class CallbackConnection
{
    /// <exception cref="ConnectionNotOpenedException">The connection did not open: whatever was to be written surely was not.</exception>
    public static async Task<NpgsqlConnection> OpenAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        try
        {
            return await OpeningTurns.Of(database).OpenAsync(database.OpenConnectionAsync, cancellationToken);
        }
        catch (Exception exception) when (exception is NpgsqlException or SocketException or TimeoutException or IOException)
        {
            throw new ConnectionNotOpenedException(exception);
        }
    }
}
