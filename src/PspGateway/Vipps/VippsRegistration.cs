using System.Diagnostics;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using PspGateway.Payments;
using PspGateway.Payments.StepUps;
using PspGateway.Vipps.Reconciliation;
using PspGateway.Vipps.StatusUpdates;

namespace PspGateway.Vipps;

internal static class VippsRegistration
{
    public const string HttpClientName = "vipps";
    private const int MaxAnswerBytes = 256 * 1024;

    public static void AddVipps(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<VippsOptions>().BindConfiguration(VippsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<MakePaymentOptions>().BindConfiguration(MakePaymentOptions.Section)
            .Validate(HasValidKeys, $"{MakePaymentOptions.Section}:SigningKeys needs at least one key: an Id of 1 or 2 characters and a Key of 32 bytes in base64.")
            .ValidateOnStart();
        services.AddOptions<ReportOptions>().Configure<IOptions<VippsOptions>>((report, vipps) => report.ReportReservations = vipps.Value.ReportReservations);
        services.AddOptions<StepUpOptions>().Configure<IOptions<VippsOptions>>((stepUps, vipps) => stepUps.Hosts = vipps.Value.AllowedHosts);
        services.AddHttpClient(HttpClientName, client =>
            {
                client.Timeout = TimeSpan.FromSeconds(30);
                client.MaxResponseContentBufferSize = MaxAnswerBytes;
            })
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseCookies = false,
                ConnectTimeout = TimeSpan.FromSeconds(2),
                PooledConnectionLifetime = TimeSpan.FromMinutes(5),

                // Our trace ids, and whatever baggage a caller sent, are nothing to a counterparty.
                ActivityHeadersPropagator = DistributedContextPropagator.CreateNoOutputPropagator(),
            })
            .RemoveAllLoggers();
        services.AddSingleton<VippsAccessTokens>();
        services.AddSingleton<VippsClient>();
        services.AddSingleton<MakePaymentTokens>();
        services.AddSingleton<MakePaymentEndpoint>();
        services.AddSingleton<IWallet, VippsWallet>();
        services.AddSingleton<IConfigureOptions<JwtBearerOptions>, MakePaymentAuthentication>();
        services.AddHostedService<StatusUpdateWorker>();
        services.AddHostedService<ReconciliationWorker>();
    }

    private static bool HasValidKeys(MakePaymentOptions options) => options.SigningKeys.Count > 0 && options.SigningKeys.All(key =>
        key.Id is { Length: 1 or 2 } && Convert.TryFromBase64String(key.Key, new byte[64], out var length) && length == 32);
}
