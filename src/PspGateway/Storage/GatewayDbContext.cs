using Microsoft.EntityFrameworkCore;
using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage;

/// <summary>The schema. Hot writes go past it by SQL of their own (Storage/Queue); everything else reads and writes through it.</summary>
internal sealed class GatewayDbContext : DbContext
{
    public GatewayDbContext(DbContextOptions<GatewayDbContext> options)
        : base(options) =>

        // Two round trips in each transaction for a way back that nobody takes, made past FreshCommands: what fails here is rolled back whole.
        Database.AutoSavepointsEnabled = false;

    public DbSet<Payment> Payments => Set<Payment>();

    public DbSet<PaymentEvent> PaymentEvents => Set<PaymentEvent>();

    public DbSet<Operation> Operations => Set<Operation>();

    public DbSet<MerchantRow> Merchants => Set<MerchantRow>();

    public DbSet<MerchantSecretRow> MerchantSecrets => Set<MerchantSecretRow>();

    public DbSet<TokenSigningKeyRow> TokenSigningKeys => Set<TokenSigningKeyRow>();

    public DbSet<IdempotencyKeyRow> IdempotencyKeys => Set<IdempotencyKeyRow>();

    public DbSet<WebhookSubscriptionRow> WebhookSubscriptions => Set<WebhookSubscriptionRow>();

    public DbSet<WebhookDeliveryRow> WebhookDeliveries => Set<WebhookDeliveryRow>();

    public DbSet<VaultEpochRow> VaultEpochs => Set<VaultEpochRow>();

    public DbSet<StatusUpdateRow> StatusUpdates => Set<StatusUpdateRow>();

    public DbSet<DifferenceRow> Differences => Set<DifferenceRow>();

    public DbSet<AcquirerNotificationRow> AcquirerNotifications => Set<AcquirerNotificationRow>();

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder)
    {
        configurationBuilder.Properties<Currency>().HaveConversion<string>();
        configurationBuilder.Properties<PaymentState>().HaveConversion<string>();
        configurationBuilder.Properties<PaymentEventName>().HaveConversion<string>();
        configurationBuilder.Properties<StepUpState>().HaveConversion<string>();
        configurationBuilder.Properties<UserFlow>().HaveConversion<string>();
        configurationBuilder.Properties<OperationKind>().HaveConversion<string>();
        configurationBuilder.Properties<OperationStatus>().HaveConversion<string>();
        configurationBuilder.Properties<Answer>().HaveConversion<string>();
        configurationBuilder.Properties<DeclineReason>().HaveConversion<string>();
        configurationBuilder.Properties<NotificationKind>().HaveConversion<string>();
        configurationBuilder.Properties<ReportedEffect>().HaveConversion<string>();
    }

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        modelBuilder.ApplyConfigurationsFromAssembly(typeof(GatewayDbContext).Assembly);
        SnakeCase.Apply(modelBuilder);
    }
}
