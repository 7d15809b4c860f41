using System.Security.Claims;
using Microsoft.EntityFrameworkCore;
using Microsoft.IdentityModel.JsonWebTokens;
using PspGateway.Domain.Merchants;
using PspGateway.Storage;
using PspGateway.Storage.Rows;

namespace PspGateway.Merchants;

/// <summary>Lets a client act for its own sales units only (invariant I12). A stranger's number looks like one that does not exist.</summary>
internal sealed class MerchantFilter(IDbContextFactory<GatewayDbContext> contexts) : IEndpointFilter
{
    private const string Header = "Merchant-Serial-Number";

    public static MerchantRow Of(HttpContext context) => (MerchantRow)(context.Items[typeof(MerchantRow)] ?? throw new InvalidOperationException("The route has no merchant filter."));

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var http = context.HttpContext;
        if (http.Request.Headers[Header] is not [{ } text] || !MerchantSerialNumber.TryParse(text, out var number))
        {
            return MerchantProblems.InvalidHeader(Header, "must be there once, 4 to 10 digits");
        }

        var clientId = http.User.FindFirstValue(JwtRegisteredClaimNames.Sub);
        await using var db = await contexts.CreateDbContextAsync(http.RequestAborted);
        var merchant = await db.Merchants.AsNoTracking().SingleOrDefaultAsync(m => m.MerchantSerialNumber == number.Value && m.ClientId == clientId && m.DisabledAt == null, http.RequestAborted);
        if (merchant is null)
        {
            return MerchantProblems.ForbiddenMerchant();
        }

        http.Items[typeof(MerchantRow)] = merchant;
        return await next(context);
    }
}
