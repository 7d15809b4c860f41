using Npgsql;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage;

/// <summary>The database is away, shutting down, starting or full: nothing is wrong with what was asked of it, and nothing of ours is broken.</summary>
internal static class DatabaseAway
{
    // Classes 08 (connection), 53 (no resources left) and 57P (the server's operators) of PostgreSQL's error codes; 25006: a standby that is to
    // become the primary, or a server without room; 25P03: this process stood still in a transaction.
    private static readonly string[] Classes = ["08", "53", "57P", "25006", "25P03"];

    /// <summary>What the server or the connection says of it, in a line; null: something else went wrong.</summary>
    public static string? Cause(Exception? exception) => exception switch
    {
        null => null,
        PostgresException server => Array.Exists(Classes, c => server.SqlState.StartsWith(c, StringComparison.Ordinal)) ? server.MessageText : null,
        NpgsqlException { IsTransient: true } or ConnectionNotOpenedException { InnerException: not NpgsqlException } => Line(exception),
        _ => Cause(exception.InnerException),
    };

    /// <summary>True for what may be over when it is tried again: the database, the connection, or a lock.</summary>
    public static bool IsOfTheMoment(Exception exception) => exception switch
    {
        PostgresException server => server.IsTransient || Cause(server) is not null,
        NpgsqlException or ConnectionNotOpenedException or TimeoutException or OperationCanceledException or IOException => true,
        _ => false,
    };

    private static string Line(Exception exception) => exception.GetBaseException() is var root && root == exception ? exception.Message : $"{exception.Message} ({root.Message})";
}
