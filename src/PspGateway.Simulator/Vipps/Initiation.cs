using System.Text.Json;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Options;

namespace PspGateway.Simulator.Vipps;

/// <summary>POST init: the checks of Vipps' specification with Vipps' error codes.</summary>
internal sealed partial class Initiation(VippsBook book, Approvals approvals, IOptions<SimulatorOptions> options)
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "pspTransactionId", "merchantOrderId", "customerMobileNumber", "amount", "currency", "pspRedirectUrl", "makePaymentUrl",
        "makePaymentToken", "paymentText", "isApp", "skipLandingPage", "merchantAgreementUrl",
    };

    public Answer Handle(HttpRequest request, string msn, byte[] body)
    {
        if (Wire.ParseObject(body) is not { } sent)
        {
            return VippsErrors.One(StatusCodes.Status400BadRequest, "51", "Invalid request: the body is not a JSON object");
        }

        var errors = new VippsErrors();
        var init = Read(sent, errors);
        if (errors.Any)
        {
            return errors.Answer();
        }

        var (payment, errorCode) = book.Open(init, msn);
        if (payment is null)
        {
            return VippsErrors.One(StatusCodes.Status400BadRequest, errorCode!,
                errorCode == "44" ? "PSP Transaction ID already exists" : "OrderId already exists");
        }

        payment.Home = options.Value.PublicBase(request);
        approvals.StartClock(payment);
        var query = "?token=" + payment.LandingToken;
        return Answer.Json(StatusCodes.Status200OK, new
        {
            pspTransactionId = init.PspTransactionId,
            merchantOrderId = init.MerchantOrderId,
            vippsRedirectUrl = init.IsApp ? "vipps://" + query : new Uri(options.Value.PublicBase(request), "/landing" + query).AbsoluteUri,
        });
    }

    private static InitRequest Read(JsonElement sent, VippsErrors errors)
    {
        foreach (var name in sent.UnknownMembers(Known))
        {
            errors.Add("51", $"Invalid request: {name} is not known");
        }

        var isApp = Flag(sent, "isApp", errors);
        var skipLandingPage = Flag(sent, "skipLandingPage", errors);
        Text(sent, "customerMobileNumber", required: skipLandingPage, PhoneNumber(), 8, errors);
        var init = new InitRequest(
            Text(sent, "pspTransactionId", required: true, TransactionId(), 36, errors) ?? "",
            Text(sent, "merchantOrderId", required: true, OrderId(), 50, errors) ?? "",
            Amount(sent, errors),
            sent.Text("currency") ?? "",
            Text(sent, "pspRedirectUrl", required: true, null, 2048, errors) ?? "",
            sent.Text("makePaymentUrl") ?? "",
            Text(sent, "makePaymentToken", required: false, null, 255, errors),
            Text(sent, "paymentText", required: false, null, 100, errors),
            isApp,
            skipLandingPage,
            sent);
        Text(sent, "merchantAgreementUrl", required: false, null, 2048, errors);
        if (init.Currency != "NOK")
        {
            errors.Add("currency", "transaction.currency.invalid");
        }

        if (!IsWebAddress(init.MakePaymentUrl))
        {
            errors.Add("makePaymentUrl", "invalid makePaymentUrl");
        }

        if (init.PspRedirectUrl.Length > 0 && !IsWebAddress(init.PspRedirectUrl) && !(isApp && IsAppAddress(init.PspRedirectUrl)))
        {
            errors.Add("51", "Invalid request: invalid pspRedirectUrl");
        }

        return init;
    }

    private static long Amount(JsonElement sent, VippsErrors errors)
    {
        if (sent.Member("amount") is { ValueKind: JsonValueKind.Number } amount && amount.TryGetInt32(out var value) && value >= 100)
        {
            return value;
        }

        errors.Add("amount", "amount.less.than.one");
        return 0;
    }

    private static bool Flag(JsonElement sent, string name, VippsErrors errors)
    {
        if (sent.Member(name) is not { } flag)
        {
            return false;
        }

        if (flag.ValueKind is not (JsonValueKind.True or JsonValueKind.False))
        {
            errors.Add("51", $"Invalid request: {name} is not a boolean");
        }

        return flag.ValueKind == JsonValueKind.True;
    }

    private static string? Text(JsonElement sent, string name, bool required, Regex? pattern, int longest, VippsErrors errors)
    {
        if (sent.Member(name) is not { } value)
        {
            if (required)
            {
                errors.Add("51", $"Invalid request: {name} is missing");
            }

            return null;
        }

        var text = value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        if (text is null || text.Length > longest || (required && text.Length == 0) || pattern?.IsMatch(text) == false)
        {
            errors.Add("51", $"Invalid request: {name} is not valid");
        }

        return text;
    }

    // Vipps wants public https; a simulator on the same machine also takes plain http on loopback.
    private static bool IsWebAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttps || (url.Scheme == Uri.UriSchemeHttp && url.IsLoopback));

    private static bool IsAppAddress(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Scheme != Uri.UriSchemeHttp;

    [GeneratedRegex("[a-z0-9]", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex TransactionId();

    [GeneratedRegex("^[a-zA-Z0-9-]{1,50}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex OrderId();

    [GeneratedRegex("^[0-9]{8}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex PhoneNumber();
}
