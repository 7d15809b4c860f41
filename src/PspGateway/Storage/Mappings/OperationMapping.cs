using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;

namespace PspGateway.Storage.Mappings;

internal sealed class OperationMapping : IEntityTypeConfiguration<Operation>
{
    private const string OpenReversal = "OpenReversal";

    public void Configure(EntityTypeBuilder<Operation> builder)
    {
        builder.ToTable("operations");
        builder.HasKey(o => o.Id);
        builder.Property(o => o.Id).ValueGeneratedNever();
        builder.Property(o => o.RowVersion).IsRowVersion();

        // No foreign key (docs/decisions/0006): each operation is inserted by a statement that holds its payment's row.
        builder.HasIndex(o => new { o.PaymentId, o.Kind, o.Number }).IsUnique();
        builder.HasIndex(o => o.Reference).IsUnique();

        // At most one open Reverse for each thing that an authorise may have left at the acquirer (empty: whatever goes by our own reference).
        // By the authorise alone, an unknown second approval's would keep the known one's from being opened.
        // A column of its own, always null for an authorise: an index over columns that an outcome changes would cost every outcome all indexes.
        builder.Property<string?>(OpenReversal).HasComputedColumnSql("case when kind = 'Reverse' and finished_at is null then coalesce(acquirer_reference, '') end", stored: true);
        builder.HasIndex(nameof(Operation.ReversesOperationId), OpenReversal).IsUnique().HasDatabaseName("ux_operations_open_reverse").HasFilter("open_reversal is not null");
        builder.HasIndex(o => o.ReversesOperationId).HasDatabaseName("ix_operations_reverses").HasFilter("reverses_operation_id is not null");

        // The queue. Partial, so that a claim costs the same with ten million finished rows.
        builder.HasIndex(o => new { o.DueAt, o.Id }).HasDatabaseName("ix_operations_due").HasFilter("due_at is not null");
        builder.HasIndex(o => o.ParkedAt).HasDatabaseName("ix_operations_parked").HasFilter("parked_at is not null");
    }
}
