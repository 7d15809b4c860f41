using System.Net.Sockets;
using System.Security.Cryptography;
using Microsoft.Extensions.Options;
using Npgsql;

namespace PspGateway.Operators;

/// <summary>Says what keeps the service from starting, where a person can mend it.</summary>
internal static class StartProblem
{
    /// <summary>Null for what is no matter of settings or surroundings: that is a bug, and keeps its stack trace.</summary>
    public static string? Of(Exception exception) => exception switch
    {
        OptionsValidationException options => string.Join("\n  ", options.Failures),
        AggregateException { InnerExceptions: var all } when all.All(e => e is OptionsValidationException) => string.Join("\n  ", all.Select(Of)),
        CryptographicException vault => $"The vault's keys do not open. Is it the right master key, and the key folder that goes with this database? {vault.Message}",
        NpgsqlException or SocketException or TimeoutException => $"The database does not answer as it should: {exception.Message}",
        IOException => exception.Message,
        _ => null,
    };
}
