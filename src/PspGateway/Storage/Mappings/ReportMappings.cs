using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Mappings;

internal sealed class StatusUpdateMapping : IEntityTypeConfiguration<StatusUpdateRow>
{
    public void Configure(EntityTypeBuilder<StatusUpdateRow> builder)
    {
        builder.ToTable("status_updates");
        builder.HasKey(u => u.Id);
        builder.Property(u => u.Id).ValueGeneratedNever();
        builder.HasIndex(u => new { u.OperationId, u.Status, u.Success }).IsUnique();
        builder.HasIndex(u => new { u.DueAt, u.Id }).HasDatabaseName("ix_status_updates_due").HasFilter("due_at is not null");

        // Of what is not over only: freezing and settling cost the same with ten million sent ones.
        builder.HasIndex(u => u.PaymentId).HasDatabaseName("ix_status_updates_open").HasFilter("sent_at is null and parked_at is null");
        builder.HasIndex(u => u.BatchId).HasDatabaseName("ix_status_updates_batch").HasFilter("sent_at is null and parked_at is null");
    }
}

internal sealed class StatusBatchMapping : IEntityTypeConfiguration<StatusBatchRow>
{
    public void Configure(EntityTypeBuilder<StatusBatchRow> builder)
    {
        builder.ToTable("status_batches");
        builder.HasKey(b => b.Id);
        builder.Property(b => b.Id).ValueGeneratedNever();
        builder.HasIndex(b => new { b.DueAt, b.Id }).HasDatabaseName("ix_status_batches_due").HasFilter("due_at is not null");
    }
}

internal sealed class DifferenceMapping : IEntityTypeConfiguration<DifferenceRow>
{
    public void Configure(EntityTypeBuilder<DifferenceRow> builder)
    {
        builder.ToTable("differences");
        builder.HasKey(d => d.Id);
        builder.Property(d => d.Id).ValueGeneratedNever();
        builder.HasOne<Payment>().WithMany().HasForeignKey(d => d.PaymentId);
        builder.HasIndex(d => d.FoundAt).HasDatabaseName("ix_differences_open").HasFilter("resolved_at is null");

        // What is found again each day is one difference.
        builder.HasIndex(d => new { d.PaymentId, d.Cause }).IsUnique().HasDatabaseName("ux_differences_open").HasFilter("resolved_at is null");
    }
}

internal sealed class ReconciliationMapping : IEntityTypeConfiguration<ReconciliationRow>
{
    public void Configure(EntityTypeBuilder<ReconciliationRow> builder)
    {
        builder.ToTable("reconciliations");
        builder.HasKey(r => r.PaymentId);
        builder.Property(r => r.PaymentId).ValueGeneratedNever();
        builder.HasIndex(r => new { r.DueAt, r.PaymentId }).HasDatabaseName("ix_reconciliations_due").HasFilter("due_at is not null");
    }
}
