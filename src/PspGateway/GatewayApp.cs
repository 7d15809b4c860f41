using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using PspGateway.Acquirers.Adyen;
using PspGateway.Customers;
using PspGateway.Merchants;
using PspGateway.Operators;
using PspGateway.Operators.Description;
using PspGateway.Operators.Telemetry;
using PspGateway.Payments;
using PspGateway.Storage;
using PspGateway.Vault;
using PspGateway.Vipps;
using Serilog;
using Serilog.Events;

namespace PspGateway;

/// <summary>Puts the service together. Program and the tests run the very same one.</summary>
internal static class GatewayApp
{
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        // The content root is where this assembly lies, from whatever directory the process was started.
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });
        configure?.Invoke(builder);
        DevelopmentKeys.AddMissing(builder);
        AddLogging(builder);
        AddServer(builder);
        builder.AddTelemetry();
        builder.AddStorage();
        builder.AddVault();
        builder.AddPayments();
        builder.AddVipps();
        builder.AddAdyen();
        builder.AddMerchants();
        builder.AddCustomers();
        builder.AddHealth();
        builder.AddApiDescription();
        builder.RequireHttps();
        builder.Services.AddAuthentication().AddJwtBearer(MakePaymentAuthentication.Scheme).AddJwtBearer(MerchantAuthentication.Scheme).AddJwtBearer(IdentityProvider.Scheme)
            .AddPolicyScheme(IdentityProvider.EitherScheme, null, scheme => scheme.ForwardDefaultSelector = IdentityProvider.Choose);
        builder.Services.AddAuthorization();

        // Nothing here uses data protection, which authentication brings along: no key files of it on a read-only disk.
        builder.Services.AddDataProtection().UseEphemeralDataProtectionProvider();

        var app = builder.Build();
        app.Use(FirstByte.RearmAsync);
        app.UseMiddleware<RequestLog>();
        app.UseMiddleware<FailedRequests>();
        app.Use(Framing.RefuseTwoLengthsAsync);
        app.UseRouting();
        app.UseAuthentication();
        app.UseAuthorization();
        MakePaymentEndpoint.Map(app);
        app.MapMerchants();
        NotificationEndpoint.Map(app);
        app.MapCustomers();
        app.MapHealth();
        app.MapMetrics();
        app.MapApiDescription();
        return app;
    }

    private static void AddLogging(WebApplicationBuilder builder)
    {
        // .NET's own passes on 256 bytes at a time, three system calls for a line.
        Console.SetOut(new StreamWriter(Console.OpenStandardOutput(), bufferSize: 16 * 1024) { AutoFlush = true });
        builder.Logging.ClearProviders();
        var format = new LogFormat();
        builder.Logging.AddSerilog(
            new LoggerConfiguration()
                .MinimumLevel.Information()
                .MinimumLevel.Override("Microsoft", LogEventLevel.Warning)
                .MinimumLevel.Override("Microsoft.AspNetCore.DataProtection", LogEventLevel.Error)
                .MinimumLevel.Override("Microsoft.Extensions.Hosting.Internal.Host", LogEventLevel.Fatal)

                // What it reports it throws as well, to somebody who knows what was being done.
                .MinimumLevel.Override("Microsoft.EntityFrameworkCore", LogEventLevel.Fatal)
                .MinimumLevel.Override("Npgsql", LogEventLevel.Warning)
                .ReadFrom.Configuration(builder.Configuration)
                .Enrich.FromLogContext()
                .Enrich.With<MaskedPaths>()

                // On a thread of its own: an answer does not wait for whoever reads the console, lines are lost first. Errors and alerts never are.
                .WriteTo.Logger(errors => errors.MinimumLevel.Error().WriteTo.Console(format))
                .WriteTo.Logger(lines => lines.Filter.ByExcluding(line => line.Level >= LogEventLevel.Error).WriteTo.Async(sink => sink.Console(format)))
                .CreateLogger(),
            dispose: true);
    }

    private static void AddServer(WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(TimeProvider.System);
        ShiftedClock.Put(builder.Services);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = TimeSpan.FromSeconds(40));
        Framing.RefuseBareLineFeeds();

        // A write ends when the socket has taken its bytes, not when they wait in this process: what is marked as delivered has left (ENGINE 9).
        builder.WebHost.UseSockets(sockets => sockets.MaxWriteBufferSize = 1);
        builder.WebHost.ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.RequestHeadersTimeout = TimeSpan.FromSeconds(2);
            kestrel.Limits.MaxRequestBodySize = 256 * 1024;
            kestrel.ConfigureEndpointDefaults(endpoint =>
            {
                // One request at a time per connection, so that a first byte belongs to one request.
                endpoint.Protocols = HttpProtocols.Http1;
                FirstByte.Stamp(endpoint, TimeProvider.System);
            });
        });
    }

    private static void AddStorage(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton(provider => new GatewayDatabase(
            provider.GetRequiredService<IOptions<ConnectionStringOptions>>().Value.Postgres,
            provider.GetRequiredService<ILoggerFactory>()));
        builder.Services.AddSingleton<IPaymentStore, PaymentStore>();
        builder.Services.AddSingleton<IModificationStore, ModificationStore>();
        builder.Services.AddOptions<ConnectionStringOptions>().BindConfiguration(ConnectionStringOptions.Section)
            .Validate(o => o.Postgres.Length > 0, $"{ConnectionStringOptions.Section}:{nameof(ConnectionStringOptions.Postgres)} is missing.")
            .ValidateOnStart();
        builder.Services.AddPooledDbContextFactory<GatewayDbContext>((provider, options) =>
        {
            var pool = provider.GetRequiredService<GatewayDatabase>().General;
            options.UseNpgsql(pool).AddInterceptors(new FreshCommands(), new OpenInTurn(OpeningTurns.Of(pool)));
            PlantedBug.RetryWrites(options);
        });
        builder.Services.AddHostedService<SchemaAtStart>();
        builder.Services.AddHostedService<ModelWarmUp>();
    }

    /// <summary>EF Core builds its model at the first use, for a good half second: that is not the first merchant's to wait for, nor the start's.</summary>
    private sealed class ModelWarmUp(IDbContextFactory<GatewayDbContext> contexts) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            await Task.Yield();
            await using var db = await contexts.CreateDbContextAsync(stoppingToken);
            _ = db.Model;
        }
    }

    private sealed class SchemaAtStart(GatewayDatabase database) : IHostedService
    {
        public Task StartAsync(CancellationToken cancellationToken) => Schema.MigrateAsync(database, cancellationToken);

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
