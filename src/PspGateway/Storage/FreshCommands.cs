using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Npgsql;

namespace PspGateway.Storage;

/// <summary>
/// A command of its own for each statement of EF Core. A pooled context keeps its NpgsqlConnection, and that (Npgsql 10.0.0) hands its last command out
/// again, also one that broke while it was sent to be prepared: over the next line to the server it waits for the answer to what it has not asked
/// there, and breaks although its statement was run.
/// </summary>
internal sealed class FreshCommands : DbCommandInterceptor
{
    public override InterceptionResult<DbCommand> CommandCreating(CommandCorrelatedEventData eventData, InterceptionResult<DbCommand> result) =>
        InterceptionResult<DbCommand>.SuppressWithResult(new NpgsqlCommand { Connection = (NpgsqlConnection)eventData.Connection });
}
