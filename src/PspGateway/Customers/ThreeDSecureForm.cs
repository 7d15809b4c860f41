using System.Globalization;
using Microsoft.AspNetCore.Http.Features;
using PspGateway.Payments.StepUps;

namespace PspGateway.Customers;

/// <summary>Reads what browsers post to the 3-D Secure page. Nothing in it is trusted, and nothing of it is needed: what is missing has a usual value.</summary>
internal static class ThreeDSecureForm
{
    private const int MaxBodyBytes = 32 * 1024;
    private const int LongestResult = 16 * 1024;

    /// <summary>Empty for a body that is no form, or too large.</summary>
    public static async Task<IFormCollection> ReadAsync(HttpContext context)
    {
        context.Features.Get<IHttpMaxRequestBodySizeFeature>()?.MaxRequestBodySize = MaxBodyBytes;
        try
        {
            return context.Request.HasFormContentType ? await context.Request.ReadFormAsync(context.RequestAborted) : FormCollection.Empty;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            return FormCollection.Empty;
        }
    }

    public static Browser BrowserOf(HttpContext context, IFormCollection form)
    {
        var headers = context.Request.Headers;
        return new Browser
        {
            UserAgent = Text(headers.UserAgent.ToString(), 512, "Mozilla/5.0"),
            Accept = Text(headers.Accept.ToString(), 512, "*/*"),
            Language = Text(form["language"].ToString(), 35, Text(headers.AcceptLanguage.ToString().Split(',')[0].Split(';')[0].Trim(), 35, "nb-NO")),
            ScreenWidth = Number(form, "screenWidth", 1, 20_000, 390),
            ScreenHeight = Number(form, "screenHeight", 1, 20_000, 844),
            ColourDepth = Number(form, "colorDepth", 1, 48, 24),
            TimeZoneOffset = Number(form, "timeZoneOffset", -900, 900, -60),
            Java = form["javaEnabled"] == "true",
            Script = form["javaScriptEnabled"] == "true",
            Address = context.Connection.RemoteIpAddress is { IsIPv4MappedToIPv6: true } mapped ? mapped.MapToIPv4() : context.Connection.RemoteIpAddress,
        };
    }

    public static string? RedirectResultOf(HttpContext context, IFormCollection form)
    {
        var result = context.Request.Query["redirectResult"].ToString() is { Length: > 0 } inAddress ? inAddress : form["redirectResult"].ToString();
        return result.Length is > 0 and <= LongestResult && result.All(c => c is > ' ' and <= '~') ? result : null;
    }

    private static string Text(string text, int longest, string usual) => text.Length > 0 && text.Length <= longest && text.All(c => c is >= ' ' and <= '~') ? text : usual;

    private static int Number(IFormCollection form, string name, int least, int most, int usual) =>
        int.TryParse(form[name].ToString(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most ? value : usual;
}
