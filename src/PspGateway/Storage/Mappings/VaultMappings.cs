using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Metadata.Builders;
using PspGateway.Domain.Operations;
using PspGateway.Storage.Rows;

namespace PspGateway.Storage.Mappings;

internal sealed class VaultEpochMapping : IEntityTypeConfiguration<VaultEpochRow>
{
    public void Configure(EntityTypeBuilder<VaultEpochRow> builder)
    {
        builder.ToTable("vault_epochs");
        builder.HasKey(e => e.Id);
        builder.Property(e => e.Id).ValueGeneratedNever();
        builder.HasIndex(e => e.Day).IsUnique();
    }
}

internal sealed class SealedTokenMapping : IEntityTypeConfiguration<SealedTokenRow>
{
    public void Configure(EntityTypeBuilder<SealedTokenRow> builder)
    {
        builder.ToTable("sealed_tokens");
        builder.HasKey(t => t.OperationId);
        builder.Property(t => t.OperationId).ValueGeneratedNever();
    }
}
