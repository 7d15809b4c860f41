using Npgsql;

namespace PspGateway.Storage.Queue;

/// <summary>
/// Tells a write that surely did not happen from one that may have. Only an error that the server reports, or a connection that never
/// opened, is proof (ENGINE 2); a broken connection, a time-out, or a server that was shutting down may have committed first.
/// </summary>
internal static class LostConfirmation
{
    /// <summary>True when nothing was written for sure.</summary>
    public static bool SurelyNotWritten(Exception exception) => exception switch
    {
        PostgresException server => !server.SqlState.StartsWith("57P", StringComparison.Ordinal) && !server.SqlState.StartsWith("08", StringComparison.Ordinal),
        ConnectionNotOpenedException => true,
        _ => false,
    };
}

/// <summary>No connection to the database could be had.</summary>
internal sealed class ConnectionNotOpenedException(Exception inner) : Exception("No connection to the database could be opened.", inner);
