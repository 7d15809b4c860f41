using System.Data.Common;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace PspGateway.Storage;

/// <summary>EF Core's connections are opened in turn.</summary>
internal sealed class OpenInTurn(OpeningTurns turns) : DbConnectionInterceptor
{
    public override async ValueTask<InterceptionResult> ConnectionOpeningAsync(DbConnection connection, ConnectionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default) =>
        await turns.OpenAsync(
            async limit =>
            {
                await connection.OpenAsync(limit);
                return InterceptionResult.Suppress();
            },
            cancellationToken);
}
