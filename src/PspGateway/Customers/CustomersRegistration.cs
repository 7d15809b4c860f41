namespace PspGateway.Customers;

internal static class CustomersRegistration
{
    public static void AddCustomers(this WebApplicationBuilder builder)
    {
        builder.Services.AddSingleton<ReturnWatch>();
        builder.Services.AddSingleton<ReturnLive>();
    }

    public static void MapCustomers(this IEndpointRouteBuilder routes)
    {
        ReturnPage.Map(routes);
        ReturnLive.Map(routes);
        ThreeDSecurePage.Map(routes);
    }
}
