using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Mappings;

internal sealed class MerchantMapping : IEntityTypeConfiguration<MerchantRow>
{
    public void Configure(EntityTypeBuilder<MerchantRow> builder)
    {
        builder.ToTable("merchants");
        builder.HasKey(m => m.MerchantSerialNumber);
        builder.HasIndex(m => m.ClientId);
    }
}

internal sealed class MerchantSecretMapping : IEntityTypeConfiguration<MerchantSecretRow>
{
    public void Configure(EntityTypeBuilder<MerchantSecretRow> builder)
    {
        builder.ToTable("merchant_secrets");
        builder.HasKey(s => s.Id);
        builder.Property(s => s.Id).ValueGeneratedNever();
        builder.HasIndex(s => s.ClientId);
    }
}

internal sealed class TokenSigningKeyMapping : IEntityTypeConfiguration<TokenSigningKeyRow>
{
    public void Configure(EntityTypeBuilder<TokenSigningKeyRow> builder)
    {
        builder.ToTable("token_signing_keys");
        builder.HasKey(k => k.Id);
        builder.Property(k => k.Id).ValueGeneratedNever();
        builder.HasIndex(k => k.Current).IsUnique().HasDatabaseName("ux_token_signing_keys_current").HasFilter("current");
    }
}

internal sealed class IdempotencyKeyMapping : IEntityTypeConfiguration<IdempotencyKeyRow>
{
    public void Configure(EntityTypeBuilder<IdempotencyKeyRow> builder)
    {
        builder.ToTable("idempotency_keys");
        builder.HasKey(k => new { k.MerchantSerialNumber, k.Scope, k.Key });
        builder.HasOne<Payment>().WithMany().HasForeignKey(k => k.PaymentId);
        builder.HasIndex(k => k.CreatedAt);
    }
}

internal sealed class WebhookSubscriptionMapping : IEntityTypeConfiguration<WebhookSubscriptionRow>
{
    public void Configure(EntityTypeBuilder<WebhookSubscriptionRow> builder)
    {
        builder.ToTable("webhook_subscriptions");
        builder.HasKey(s => s.Id);
        builder.Property(s => s.Id).ValueGeneratedNever();
        builder.HasIndex(s => s.MerchantSerialNumber);
        builder.HasOne<MerchantRow>().WithMany().HasForeignKey(s => s.MerchantSerialNumber);
    }
}

internal sealed class WebhookDeliveryMapping : IEntityTypeConfiguration<WebhookDeliveryRow>
{
    public void Configure(EntityTypeBuilder<WebhookDeliveryRow> builder)
    {
        builder.ToTable("webhook_deliveries");
        builder.HasKey(d => d.Id);
        builder.Property(d => d.Id).ValueGeneratedNever();
        builder.HasIndex(d => new { d.SubscriptionId, d.EventId }).IsUnique();

        // What waits, by endpoint, and whether something of the same payment waits before it.
        builder.HasIndex(d => new { d.SubscriptionId, d.DueAt }).HasDatabaseName("ix_webhook_deliveries_due").HasFilter("due_at is not null");
        builder.HasIndex(d => new { d.SubscriptionId, d.PaymentId, d.CreatedAt }).HasDatabaseName("ix_webhook_deliveries_order").HasFilter("due_at is not null");
        builder.HasOne<WebhookSubscriptionRow>().WithMany().HasForeignKey(d => d.SubscriptionId);
    }
}
