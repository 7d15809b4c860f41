using Microsoft.Extensions.Configuration.Json;
using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Board;
using PspGateway.Simulator.Books;
using PspGateway.Simulator.Control;
using PspGateway.Simulator.Phone;
using PspGateway.Simulator.Shop;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator;

/// <summary>Vipps, an acquirer, a shop and a phone in one program, to develop and prove the gateway against.</summary>
public static class SimulatorApp
{
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateBuilder(new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory });

        // In a test's folder lies the gateway's appsettings.json; it is none of ours, and we have none.
        foreach (var file in builder.Configuration.Sources.OfType<JsonConfigurationSource>().ToList())
        {
            builder.Configuration.Sources.Remove(file);
        }

        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddOptions<SimulatorOptions>().BindConfiguration(SimulatorOptions.Section);
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddSingleton<GatewayConnection>().AddSingleton<Timeline>().AddSingleton<EntryLog>();
        AddVipps(builder.Services);
        AddAcquirer(builder.Services);
        builder.Services.AddSingleton<ShopBook>().AddSingleton<MerchantClient>();
        builder.Services.AddSingleton<ExchangeLog>().AddSingleton<BoardHeads>().AddSingleton<BoardPage>().AddSingleton<BoardLive>();
        configure?.Invoke(builder);

        var app = builder.Build();
        app.UseWireTap();
        app.MapVipps();
        app.MapAcquirer();
        app.MapControl();
        app.MapBoard();
        app.MapBooks();
        app.MapShop();
        app.MapLanding();
        app.MapPhone();
        app.MapMobileIntercept();
        app.MapIssuer();
        app.MapGet("/health", () => "ok");
        return app;
    }

    private static void AddVipps(IServiceCollection services) => services
        .AddSingleton<AccessTokens>()
        .AddSingleton<RequestLog>()
        .AddSingleton<VippsFaults>()
        .AddSingleton<VippsDoor>()
        .AddSingleton<VippsBook>()
        .AddSingleton<Initiation>()
        .AddSingleton<StatusUpdates>()
        .AddSingleton<Details>()
        .AddSingleton<ForceApproval>()
        .AddSingleton<MakePaymentCall>()
        .AddSingleton<Approvals>()
        .AddHostedService(provider => provider.GetRequiredService<Approvals>());

    private static void AddAcquirer(IServiceCollection services) => services
        .AddSingleton<AcquirerFaults>()
        .AddSingleton<AcquirerDoor>()
        .AddSingleton<AcquirerBook>()
        .AddSingleton<IdempotentCalls>()
        .AddSingleton<Authentications>()
        .AddSingleton<Payments>()
        .AddSingleton<FailurePlan>()
        .AddSingleton<Modifications>()
        .AddSingleton<Notifier>()
        .AddHostedService(provider => provider.GetRequiredService<Notifier>());
}
