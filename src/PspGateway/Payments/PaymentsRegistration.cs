using PspGateway.Payments.StepUps;

namespace PspGateway.Payments;

internal static class PaymentsRegistration
{
    public static void AddPayments(this WebApplicationBuilder builder)
    {
        var services = builder.Services;
        services.AddOptions<DeadlineOptions>().BindConfiguration(DeadlineOptions.Section).ValidateDataAnnotations()
            .Validate(
                o => o.AcquirerTimeout <= o.StopWaiting && o.StopWaiting < o.AnswerBy,
                $"{DeadlineOptions.Section}: AcquirerTimeout must not exceed StopWaiting, and StopWaiting must be less than AnswerBy.")
            .ValidateOnStart();
        services.AddOptions<OperationOptions>().BindConfiguration(OperationOptions.Section).ValidateDataAnnotations()
            .Validate(o => o.Rungs.Zip(o.Rungs.Skip(1)).All(pair => pair.First < pair.Second), $"{OperationOptions.Section}:Backoff must rise.")
            .ValidateOnStart();
        services.AddOptions<PaymentOptions>().BindConfiguration(PaymentOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<AuthorisationLifeOptions>().BindConfiguration(AuthorisationLifeOptions.Section).ValidateDataAnnotations()
            .Validate(
                o => o.CancelBefore <= o.WarnBefore && o.WarnBefore <= o.Visa && o.WarnBefore <= o.Mastercard,
                $"{AuthorisationLifeOptions.Section}: CancelBefore must not exceed WarnBefore, and WarnBefore must exceed no scheme's life.")
            .ValidateOnStart();
        services.AddOptions<GatewayOptions>().BindConfiguration(GatewayOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<PendingAnswers>();
        services.AddSingleton<SharedReads>();
        services.AddSingleton<QueueSignal>();
        services.AddSingleton<CancelLadder>();
        services.AddSingleton<AcquirerNews>();
        services.AddSingleton<ModificationWaits>();
        services.AddSingleton<ModificationAcceptance>();
        services.AddSingleton<ModificationRunner>();
        services.AddSingleton<ModificationNews>();
        services.AddStepUps();
        services.AddSingleton<LateFails>();
        services.AddSingleton<Approvals>();
        services.AddSingleton<IKeptRefusals, RefusalFolder>();
        services.AddSingleton<Refusals>();
        services.AddSingleton<LateRefusals>();
        services.AddHostedService<RefusalTakeover>();
        services.AddHostedService(provider => provider.GetRequiredService<LateRefusals>());
        services.AddSingleton<LateDecisions>();
        services.AddHostedService(provider => provider.GetRequiredService<LateDecisions>());
        services.AddSingleton<DeliveredMarks>();
        services.AddHostedService(provider => provider.GetRequiredService<DeliveredMarks>());
        services.AddSingleton<AuthoriseCall>();
        services.AddSingleton<AuthoriseRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<AuthoriseRunner>());
        services.AddHostedService<OperationWorker>();
        services.AddHostedService<ExpiryWorker>();
        services.AddSingleton<AuthorisationEnds>();
        services.AddHostedService(provider => provider.GetRequiredService<AuthorisationEnds>());
    }
}
