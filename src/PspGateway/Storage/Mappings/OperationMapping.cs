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

        // At most one open Reverse for each thing that an authorise may have left at the acquirer (null: whatever goes by our own reference).
        // By the authorise alone, an unknown second approval's would keep the known one's from being opened.
        builder.HasIndex(o => new { o.ReversesOperationId, o.AcquirerReference }).IsUnique().AreNullsDistinct(false).HasDatabaseName("ux_operations_open_reverse")
            .HasFilter("kind = 'Reverse' and finished_at is null");

        // The queue. Partial, so that a claim costs the same with ten million finished rows.
        builder.HasIndex(o => new { o.DueAt, o.Id }).HasDatabaseName("ix_operations_due").HasFilter("due_at is not null");
        builder.HasIndex(o => o.ParkedAt).HasDatabaseName("ix_operations_parked").HasFilter("parked_at is not null");
    }
}
