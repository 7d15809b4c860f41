using System.Diagnostics;
using Npgsql;

namespace PspGateway.Storage;

internal sealed class ConnectionStringOptions
{
    public const string Section = "ConnectionStrings";

    public string Postgres { get; set; } = "";
}

/// <summary>
/// Two pools on one Postgres: the callback's, for the writes that an answer waits for and the marks after it, and the general one for everything else, so that
/// busy workers cannot delay an answer (ENGINE 27).
/// </summary>
internal sealed class GatewayDatabase : IAsyncDisposable
{
    public GatewayDatabase(string connectionString, ILoggerFactory? loggers = null)
    {
        Callback = Open(connectionString, "pspgateway-callback", callback: true, loggers);
        General = Open(connectionString, "pspgateway", callback: false, loggers);
    }

    public NpgsqlDataSource Callback { get; }

    public NpgsqlDataSource General { get; }

    public NpgsqlDataSource Of(Pool pool) => pool == Pool.Callback ? Callback : General;

    public async ValueTask DisposeAsync()
    {
        await Callback.DisposeAsync();
        await General.DisposeAsync();
    }

    private static NpgsqlDataSource Open(string connectionString, string name, bool callback, ILoggerFactory? loggers)
    {
        var settings = new NpgsqlConnectionStringBuilder(connectionString)
        {
            ApplicationName = name,

            // A reset at each return to the pool costs a round trip, and nothing here leaves session state behind.
            NoResetOnClose = true,
            MaxAutoPrepare = 50,

            // An error's detail quotes the row.
            IncludeErrorDetail = false,
        };
        if (!settings.ShouldSerialize("Timeout"))
        {
            settings.Timeout = 5;
        }

        // Two pools a replica, and Postgres gives 100 connections by default.
        if (!settings.ShouldSerialize("Maximum Pool Size"))
        {
            settings.MaxPoolSize = 40;
        }

        // Every statement finds its rows by key or by a partial index, so that one plan fits all. Postgres would plan those with arrays anew
        // each time, which costs more than running them, and a plan made while a table was small must not read all of it later.
        settings.Options = $"{settings.Options} -c plan_cache_mode=force_generic_plan -c enable_seqscan=off -c jit=off".Trim();

        // A replica that stands still, or has gone without a word, lets go of what its transaction holds: no call to another system is made in one.
        settings.Options += " -c idle_in_transaction_session_timeout=10000";
        if (callback)
        {
            // ENGINE 26: a row that somebody else holds is not waited for; the caller reads and decides again.
            settings.Options += " -c lock_timeout=250";
            settings.CommandTimeout = 15;
        }

        var builder = new NpgsqlDataSourceBuilder(settings.ConnectionString);
        builder.UseLoggerFactory(loggers);

        // Else telemetry would name the pool by its connection string.
        builder.Name = name;

        // Part of a trace, or none: the workers' polls would otherwise be the bulk of all traces. Parameters are never in them.
        builder.ConfigureTracing(tracing => tracing.ConfigureCommandFilter(_ => Activity.Current is not null));
        return builder.Build();
    }
}
