namespace PspGateway.Simulator.Vipps;

/// <summary>The routes of Vipps. Routing ignores case, as both spellings of updatestatus and accesstoken are in use.</summary>
internal static class VippsEndpoints
{
    public static void MapVipps(this WebApplication app)
    {
        app.MapPost("/accesstoken/get", (HttpContext context, VippsDoor door, AccessTokens tokens) =>
            door.ServeAsync(context, "accesstoken", (_, _) => tokens.Issue(context.Request), isAccessToken: true));
        app.MapPost("/psp/v3/psppayments/init", (HttpContext context, VippsDoor door, Initiation initiation) =>
            door.ServeAsync(context, "init", (msn, body) => initiation.Handle(context.Request, msn, body)));
        app.MapPost("/psp/v3/psppayments/updatestatus", (HttpContext context, VippsDoor door, StatusUpdates updates) =>
            door.ServeAsync(context, "updatestatus", updates.Handle));
        app.MapGet("/psp/v3/psppayments/{id}/details", (HttpContext context, string id, VippsDoor door, Details details) =>
            door.ServeAsync(context, "details", (msn, _) => details.Handle(id, msn)));
        app.MapPost("/psp/v3/integration-test/psppayments/{id}/approve",
            (HttpContext context, string id, VippsDoor door, ForceApproval approval) =>
            door.ServeAsync(context, "approve", (msn, body) => approval.Handle(id, msn, body)));
    }
}
