using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Mappings;

internal sealed class PaymentMapping : IEntityTypeConfiguration<Payment>
{
    public void Configure(EntityTypeBuilder<Payment> builder)
    {
        builder.ToTable("payments", table =>
        {
            table.HasCheckConstraint("ck_payments_amount", "amount_minor > 0");
            table.HasCheckConstraint("ck_payments_balance", "captured_minor >= 0 and cancelled_minor >= 0 and refunded_minor >= 0 and captured_minor + cancelled_minor <= authorised_minor and refunded_minor <= captured_minor");
        });
        builder.HasKey(p => p.Id);
        builder.Property(p => p.Id).ValueGeneratedNever();
        builder.Property(p => p.RowVersion).IsRowVersion();
        builder.Property(p => p.MetadataJson).HasColumnType("jsonb");
        builder.Property(p => p.ClientSystemJson).HasColumnType("jsonb");
        builder.Ignore(p => p.Amount);
        builder.Ignore(p => p.Balance);
        builder.Ignore(p => p.PspTransactionId);
        builder.HasIndex(p => new { p.MerchantSerialNumber, p.Reference }).IsUnique();
        builder.HasIndex(p => p.ReturnReference).IsUnique();

        // A column of its own, so that the later changes of state touch no indexed column and leave the indexes alone.
        builder.Property<bool>("AwaitsApproval").HasComputedColumnSql("state in ('Created', 'Initiated')", stored: true);
        builder.HasIndex(p => p.ExpiresAt).HasDatabaseName("ix_payments_to_expire").HasFilter("awaits_approval");
        builder.HasMany(p => p.Events).WithOne().HasForeignKey(e => e.PaymentId);
        builder.HasOne<MerchantRow>().WithMany().HasForeignKey(p => p.MerchantSerialNumber);
    }
}

internal sealed class PaymentEventMapping : IEntityTypeConfiguration<PaymentEvent>
{
    public void Configure(EntityTypeBuilder<PaymentEvent> builder)
    {
        builder.ToTable("payment_events");
        builder.HasKey(e => new { e.PaymentId, e.Id });
        builder.Property(e => e.Id).ValueGeneratedNever();
    }
}
