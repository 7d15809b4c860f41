using Microsoft.Extensions.Options;
using PspGateway.Acquirers.Adyen;
using PspGateway.Payments;
using PspGateway.Vipps;

namespace PspGateway;

/// <summary>Stops the start when an address is plain http to anything but this machine: card tokens and secrets travel on it.</summary>
internal static class Outbound
{
    public static void RequireHttps(this WebApplicationBuilder builder)
    {
        Check<GatewayOptions>(builder, o => o.PublicBaseUrl, $"{GatewayOptions.Section}:{nameof(GatewayOptions.PublicBaseUrl)}");
        Check<VippsOptions>(builder, o => o.BaseUrl, $"{VippsOptions.Section}:{nameof(VippsOptions.BaseUrl)}");
        Check<AdyenOptions>(builder, o => o.BaseUrl, $"{AdyenOptions.Section}:{nameof(AdyenOptions.BaseUrl)}");
    }

    private static void Check<T>(WebApplicationBuilder builder, Func<T, Uri?> address, string setting)
        where T : class => builder.Services.AddOptions<T>().Validate(
            options => address(options) is null or { IsAbsoluteUri: true, Scheme: "https" } or { IsAbsoluteUri: true, Scheme: "http", IsLoopback: true },
            $"{setting} must be an https address (http on loopback only).");
}
