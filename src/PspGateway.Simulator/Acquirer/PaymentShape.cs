using System.Text.Json;
using System.Text.RegularExpressions;

namespace PspGateway.Simulator.Acquirer;

/// <summary>What CheckoutService v72 demands of a card payment with a network token. Each check names the member that is wrong.</summary>
internal static partial class PaymentShape
{
    private static readonly HashSet<string> Payment = Names(
        "accountInfo additionalAmount additionalData amount applicationInfo authenticationData bankAccount billingAddress browserInfo " +
        "captureDelayHours channel checkoutAttemptId company countryCode dateOfBirth dccQuote deliverAt deliveryAddress deliveryDate " +
        "deviceFingerprint enableOneClick enablePayOut enableRecurring enhancedSchemeData entityType fraudOffset fundOrigin fundRecipient " +
        "industryUsage installments lineItems localizedShopperStatement mandate mcc merchantAccount merchantOrderReference " +
        "merchantRiskIndicator metadata mpiData order orderReference origin paymentMethod paymentValidations platformChargebackLogic " +
        "recurringExpiry recurringFrequency recurringProcessingModel redirectFromIssuerMethod redirectToIssuerMethod reference returnUrl " +
        "riskData sessionValidity shopperConversionId shopperEmail shopperIP shopperInteraction shopperLocale shopperName shopperReference " +
        "shopperStatement shopperTaxInfo socialSecurityNumber splits store storePaymentMethod subMerchants surcharge telephoneNumber " +
        "threeDS2RequestData threeDSAuthenticationOnly trustedShopper");

    private static readonly HashSet<string> Method = Names(
        "billingSequenceNumber brand checkoutAttemptId cupsecureplus.smscode cvc encryptedCard encryptedCardNumber encryptedExpiryMonth " +
        "encryptedExpiryYear encryptedPassword encryptedSecurityCode expiryMonth expiryYear fastlaneData fundingSource holderName " +
        "networkPaymentReference number recurringDetailReference sdkData shopperNotificationReference srcCorrelationId srcDigitalCardId " +
        "srcScheme srcTokenReference storedPaymentMethodId threeDS2SdkVersion type");

    private static readonly HashSet<string> Mpi = Names(
        "authenticationResponse cavv cavvAlgorithm challengeCancel directoryResponse dsTransID eci riskScore threeDSVersion " +
        "tokenAuthenticationVerificationValue transStatusReason xid");

    private static readonly HashSet<string> Authentication = Names("attemptAuthentication authenticationOnly threeDSRequestData");
    private static readonly HashSet<string> Browser = Names(
        "acceptHeader colorDepth javaEnabled javaScriptEnabled language screenHeight screenWidth timeZoneOffset userAgent");

    private static readonly string[] BrowserNumbers = ["colorDepth", "screenHeight", "screenWidth", "timeZoneOffset"];
    private static readonly HashSet<string> AmountMembers = Names("value currency");
    private static readonly HashSet<string> ModificationMembers = Names(
        "amount applicationInfo capturePspReference enhancedSchemeData lineItems merchantAccount merchantRefundReason paymentReference " +
        "platformChargebackLogic reference splits store subMerchants");

    public static string? FirstFault(JsonElement sent) =>
        Unknown(sent, Payment, "")
        ?? AmountFault(sent)
        ?? Text(sent, "", "merchantAccount", null, 80)
        ?? Text(sent, "", "reference", null, 80)
        ?? Text(sent, "", "returnUrl", null, 1024)
        ?? OneOf(sent, "", "shopperInteraction", "Ecommerce", "ContAuth", "Moto", "POS")
        ?? OneOf(sent, "", "channel", "iOS", "Android", "Web")
        ?? AuthenticationFault(sent)
        ?? MethodFault(sent)
        ?? (IsAuthenticationOnly(sent) ? BrowserFault(sent) : MpiFault(sent));

    public static bool IsAuthenticationOnly(JsonElement sent) =>
        sent.Member("authenticationData")?.Member("authenticationOnly") is { ValueKind: JsonValueKind.True };

    public static string? FirstModificationFault(JsonElement sent, bool hasAmount, bool byReference) =>
        Unknown(sent, ModificationMembers, "")
        ?? Text(sent, "", "merchantAccount", null, 80)
        ?? (hasAmount ? AmountFault(sent) : sent.Member("amount") is null ? null : Bad("amount"))
        ?? (byReference ? Text(sent, "", "paymentReference", null, 80)
            : sent.Member("paymentReference") is null ? null : Bad("paymentReference"))
        ?? (sent.Member("reference") is null ? null : Text(sent, "", "reference", null, 80));

    private static string? AmountFault(JsonElement sent)
    {
        if (sent.Member("amount") is not { ValueKind: JsonValueKind.Object } amount)
        {
            return Missing("amount");
        }

        return Unknown(amount, AmountMembers, "amount.")
            ?? Text(amount, "amount.", "currency", Currency(), 3)
            ?? (amount.Member("value") is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var minor) && minor > 0
                ? null : Bad("amount.value"));
    }

    private static string? MethodFault(JsonElement sent)
    {
        if (sent.Member("paymentMethod") is not { ValueKind: JsonValueKind.Object } method)
        {
            return Missing("paymentMethod");
        }

        // The other methods that Adyen has are nothing the gateway could mean.
        return (method.Text("type") == "networkToken" ? null : Bad("paymentMethod.type"))
            ?? Unknown(method, Method, "paymentMethod.")
            ?? Text(method, "paymentMethod.", "number", CardNumber(), 19)
            ?? Text(method, "paymentMethod.", "expiryMonth", Month(), 2)
            ?? Text(method, "paymentMethod.", "expiryYear", Year(), 4)
            ?? (method.Text("brand") is null ? Missing("paymentMethod.brand") : OneOf(method, "paymentMethod.", "brand", "visa", "mc"));
    }

    private static string? MpiFault(JsonElement sent)
    {
        if (sent.Member("mpiData") is not { ValueKind: JsonValueKind.Object } mpi)
        {
            return Missing("mpiData");
        }

        return Unknown(mpi, Mpi, "mpiData.")
            ?? Text(mpi, "mpiData.", "tokenAuthenticationVerificationValue", Base64(), 200)
            ?? Text(mpi, "mpiData.", "eci", Eci(), 2)
            ?? OneOf(mpi, "mpiData.", "authenticationResponse", "Y", "N", "U", "A")
            ?? OneOf(mpi, "mpiData.", "directoryResponse", "A", "C", "D", "I", "N", "R", "U", "Y");
    }

    /// <summary>Without it a bank has nothing to go by; a cryptogram is no part of an authentication.</summary>
    private static string? BrowserFault(JsonElement sent)
    {
        if (sent.Member("browserInfo") is not { ValueKind: JsonValueKind.Object } browser)
        {
            return Missing("browserInfo");
        }

        return Unknown(browser, Browser, "browserInfo.")
            ?? Text(browser, "browserInfo.", "acceptHeader", null, 2048)
            ?? Text(browser, "browserInfo.", "userAgent", null, 2048)
            ?? Text(browser, "browserInfo.", "language", null, 35)
            ?? BrowserNumbers.Select(name => browser.Member(name) is { ValueKind: JsonValueKind.Number } ? null : Bad("browserInfo." + name)).FirstOrDefault(bad => bad is not null)
            ?? (browser.Member("javaEnabled") is { ValueKind: JsonValueKind.True or JsonValueKind.False } ? null : Bad("browserInfo.javaEnabled"))
            ?? (sent.Text("channel") == "Web" ? null : Bad("channel"));
    }

    private static string? AuthenticationFault(JsonElement sent) => sent.Member("authenticationData") is not { } data ? null
        : data.ValueKind != JsonValueKind.Object ? Bad("authenticationData")
        : Unknown(data, Authentication, "authenticationData.")
            ?? OneOf(data, "authenticationData.", "attemptAuthentication", "always", "never");

    private static string? Unknown(JsonElement value, HashSet<string> known, string prefix) =>
        value.UnknownMembers(known).FirstOrDefault() is { } name ? $"Structure of the request contains the unknown field: {prefix}{name}" : null;

    private static string? Text(JsonElement value, string prefix, string name, Regex? pattern, int longest) =>
        value.Member(name) is null ? Missing(prefix + name)
        : value.Text(name) is { Length: > 0 } text && text.Length <= longest && pattern?.IsMatch(text) != false ? null
        : Bad(prefix + name);

    private static string? OneOf(JsonElement value, string prefix, string name, params ReadOnlySpan<string> allowed) =>
        value.Member(name) is null || (value.Text(name) is { } text && allowed.Contains(text)) ? null : Bad(prefix + name);

    private static string Missing(string name) => $"Required field '{name}' is not provided";

    private static string Bad(string name) => $"Field '{name}' is not valid";

    private static HashSet<string> Names(string text) => new(text.Split(' '), StringComparer.Ordinal);

    [GeneratedRegex("^[A-Z]{3}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Currency();

    [GeneratedRegex("^[0-9]{12,19}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex CardNumber();

    [GeneratedRegex("^(0?[1-9]|1[0-2])$", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Month();

    [GeneratedRegex("^20[0-9]{2}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Year();

    [GeneratedRegex("^[A-Za-z0-9+/]+={0,2}$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Base64();

    [GeneratedRegex("^0[0-9]$", RegexOptions.CultureInvariant, 1000)]
    private static partial Regex Eci();
}
