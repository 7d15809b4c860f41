using PspGateway.Storage.StepUps;

namespace PspGateway.Payments.StepUps;

internal static class StepUpsRegistration
{
    public static void AddStepUps(this IServiceCollection services)
    {
        services.AddSingleton<StepUpStore>();
        services.AddSingleton<StepUpAsk>();
        services.AddSingleton<StepUpCalls>();
        services.AddSingleton<StepUpDesk>();
        services.AddSingleton<AuthenticationRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<AuthenticationRunner>());
        services.AddHostedService<StepUpExpiry>();
    }
}
