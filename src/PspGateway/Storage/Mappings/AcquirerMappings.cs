using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using PspGateway.Domain.Operations;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Mappings;

internal sealed class AcquirerNotificationMapping : IEntityTypeConfiguration<AcquirerNotificationRow>
{
    public void Configure(EntityTypeBuilder<AcquirerNotificationRow> builder)
    {
        builder.ToTable("acquirer_notifications");
        builder.HasKey(n => n.Id);
        builder.Property(n => n.Id).ValueGeneratedNever();
        builder.HasIndex(n => new { n.PspReference, n.EventCode, n.Success }).IsUnique();
        builder.HasIndex(n => n.MerchantReference);
        builder.HasIndex(n => new { n.DueAt, n.Id }).HasDatabaseName("ix_acquirer_notifications_due").HasFilter("due_at is not null");
    }
}

internal sealed class StepUpMapping : IEntityTypeConfiguration<StepUpRow>
{
    public void Configure(EntityTypeBuilder<StepUpRow> builder)
    {
        builder.ToTable("step_ups");
        builder.HasKey(s => s.Id);
        builder.Property(s => s.Id).ValueGeneratedNever();
        builder.HasIndex(s => s.PageReference).IsUnique();

        // One of a payment: a second soft decline is a refusal.
        builder.HasIndex(s => s.PaymentId).IsUnique();
        builder.HasIndex(s => s.ExpiresAt).HasDatabaseName("ix_step_ups_to_expire").HasFilter("state in ('Waiting', 'Authenticating', 'Challenged', 'Succeeded')");
        builder.HasOne<Operation>().WithMany().HasForeignKey(s => s.OperationId);
    }
}
