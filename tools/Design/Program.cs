using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;
using PspGateway.Storage;

return 0;

// Found by `dotnet ef` by its interface; it needs no database.
internal sealed class DesignTimeFactory : IDesignTimeDbContextFactory<GatewayDbContext>
{
    public GatewayDbContext CreateDbContext(string[] args) =>
        new(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql("Host=design-time").Options);
}
