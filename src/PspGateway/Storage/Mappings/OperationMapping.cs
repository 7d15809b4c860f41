using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.Mappings;

internal sealed class OperationMapping : IEntityTypeConfiguration<Operation>
{
    public void Configure(EntityTypeBuilder<Operation> builder)
    {
        builder.ToTable("operations");
        builder.HasKey(o => o.Id);
        builder.Property(o => o.Id).ValueGeneratedNever();
        builder.Property(o => o.RowVersion).IsRowVersion();
        builder.HasOne<Payment>().WithMany().HasForeignKey(o => o.PaymentId);
        builder.HasIndex(o => new { o.PaymentId, o.Kind, o.Number }).IsUnique();
        builder.HasIndex(o => o.Reference).IsUnique();

        // At most one open Reverse per authorise: two can never both cancel, and neither be forgotten.
        builder.HasIndex(o => o.ReversesOperationId).IsUnique().HasDatabaseName("ux_operations_open_reverse")
            .HasFilter("kind = 'Reverse' and finished_at is null");

        // The queue. Partial, so that a claim costs the same with ten million finished rows.
        builder.HasIndex(o => new { o.DueAt, o.Id }).HasDatabaseName("ix_operations_due").HasFilter("due_at is not null");
        builder.HasIndex(o => o.ParkedAt).HasDatabaseName("ix_operations_parked").HasFilter("parked_at is not null");
    }
}
