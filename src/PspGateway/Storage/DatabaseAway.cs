using Npgsql;
using PspGateway.Storage.Queue;

namespace PspGateway.Storage;

/// <summary>The database is away, shutting down, starting or full: nothing is wrong with what was asked of it, and nothing of ours is broken.</summary>
internal static class DatabaseAway
{
    // Classes 08 (connection), 53 (no resources left) and 57P (the server's operators) of PostgreSQL's error codes.
    private static readonly string[] Classes = ["08", "53", "57P"];

    /// <summary>What the server or the connection says of it, in a line; null: something else went wrong.</summary>
    public static string? Cause(Exception? exception) => exception switch
    {
        null => null,
        PostgresException server => Array.Exists(Classes, c => server.SqlState.StartsWith(c, StringComparison.Ordinal)) ? server.MessageText : null,
        NpgsqlException { IsTransient: true } or ConnectionNotOpenedException { InnerException: not NpgsqlException } => Line(exception),
        _ => Cause(exception.InnerException),
    };

    private static string Line(Exception exception) => exception.GetBaseException() is var root && root == exception ? exception.Message : $"{exception.Message} ({root.Message})";
}
