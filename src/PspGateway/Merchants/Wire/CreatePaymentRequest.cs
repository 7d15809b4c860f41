using System.Text.Json;
using System.Text.Unicode;
using PspGateway.Domain;
using PspGateway.Domain.Payments;

namespace PspGateway.Merchants.Wire;

/// <summary>A create call, read and checked. The first thing that is wrong is named; unknown members are ignored, as Vipps does.</summary>
internal sealed class CreatePaymentRequest
{
    public const long LeastMinor = 100;
    public const long MostMinor = 65_000_000;
    public const int MaxUrlLength = 1024;
    private const int MaxDepth = 8;

    public required Money Amount { get; init; }

    public required MerchantOrderId Reference { get; init; }

    public required UserFlow UserFlow { get; init; }

    public required string? ReturnUrl { get; init; }

    /// <summary>Eight digits.</summary>
    public required string? PhoneNumber { get; init; }

    public required string? Description { get; init; }

    public required string? MetadataJson { get; init; }

    /// <exception cref="InvalidFieldException">What is wrong, and with which field.</exception>
    /// <exception cref="JsonException">No JSON object in UTF-8, too deep, or with duplicate members.</exception>
    public static CreatePaymentRequest Parse(ReadOnlyMemory<byte> body, IReadOnlyCollection<string> returnUrlOrigins)
    {
        using var document = ParseDocument(body);
        var root = new FieldReader(document.RootElement);
        var amount = root.Object("amount");
        var currency = amount.Required("amount.currency");
        var value = amount.Integer("amount.value");
        var method = root.Object("paymentMethod").Required("paymentMethod.type");
        var flow = FlowOf(root.Required("userFlow"));
        root.Refuse("expiresAt", "is not supported: a payment expires by the gateway's own clock");
        root.Refuse("qrFormat", "is not supported, as QR is not");
        var phoneNumber = PhoneNumberOf(root);
        FieldReader.Check(currency == nameof(Currency.NOK), "amount.currency", "must be NOK");
        FieldReader.Check(value is >= LeastMinor and <= MostMinor, "amount.value", $"must be {LeastMinor} to {MostMinor} øre");
        FieldReader.Check(method == "WALLET", "paymentMethod.type", "must be WALLET");
        FieldReader.Check(flow != UserFlow.PushMessage || phoneNumber is not null, "customer.phoneNumber", "is required with PUSH_MESSAGE");
        return new CreatePaymentRequest
        {
            Amount = Money.Nok(value),
            Reference = MerchantOrderId.TryParse(root.Required("reference"), out var reference) ? reference : throw new InvalidFieldException("reference", "must have 8 to 50 of a-z, A-Z, 0-9 and -"),
            UserFlow = flow,
            ReturnUrl = ReturnUrlOf(root, flow, returnUrlOrigins),
            PhoneNumber = phoneNumber,
            Description = root.Text("paymentDescription", 3, 100),
            MetadataJson = MetadataOf(root),
        };
    }

    internal static JsonDocument ParseDocument(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            throw new JsonException("Not UTF-8.");
        }

        try
        {
            return JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
        }
        catch (InvalidOperationException exception)
        {
            throw new JsonException("A member's name is no valid Unicode.", exception);
        }
    }

    private static UserFlow FlowOf(string flow) => flow switch
    {
        "WEB_REDIRECT" => UserFlow.WebRedirect,
        "NATIVE_REDIRECT" => UserFlow.NativeRedirect,
        "PUSH_MESSAGE" => UserFlow.PushMessage,
        _ => throw new InvalidFieldException("userFlow", "must be WEB_REDIRECT, NATIVE_REDIRECT or PUSH_MESSAGE"),
    };

    /// <summary>customer.phoneNumber as eight digits, or null.</summary>
    internal static string? PhoneNumberOf(FieldReader root)
    {
        if (root.OptionalObject("customer") is not { } customer)
        {
            return null;
        }

        customer.Refuse("customer.personalQr", "is not supported");
        customer.Refuse("customer.customerToken", "is not supported");
        var number = customer.Text("customer.phoneNumber", 10, 15);
        FieldReader.Check(number is null or { Length: 10 } && (number is null || (number.StartsWith("47", StringComparison.Ordinal) && number.All(char.IsAsciiDigit))), "customer.phoneNumber", "must be Norwegian: 47 and eight digits");
        return number?[2..];
    }

    private static string? ReturnUrlOf(FieldReader root, UserFlow flow, IReadOnlyCollection<string> origins)
    {
        var text = root.Text("returnUrl", 1, MaxUrlLength);
        if (text is null)
        {
            FieldReader.Check(flow != UserFlow.WebRedirect, "returnUrl", "is required with WEB_REDIRECT");
            return null;
        }

        FieldReader.Check(Uri.TryCreate(text, UriKind.Absolute, out var url) && text.All(c => c is > ' ' and <= '~'), "returnUrl", "must be an absolute URL");
        FieldReader.Check(url is not null && url.UserInfo.Length == 0 && IsRegistered(url, origins), "returnUrl", "its origin is not registered for this merchant");
        return url?.AbsoluteUri;
    }

    /// <summary>http only for loopback hosts; an app's own scheme may be registered as "scheme:" or with its authority.</summary>
    private static bool IsRegistered(Uri url, IReadOnlyCollection<string> origins)
    {
        if (url.Scheme == Uri.UriSchemeHttp && !url.IsLoopback)
        {
            return false;
        }

        var origin = url.GetLeftPart(UriPartial.Authority);
        return origins.Any(o => (origin.Length > 0 && string.Equals(o.TrimEnd('/'), origin.TrimEnd('/'), StringComparison.OrdinalIgnoreCase))
            || (url.Scheme is not ("http" or "https") && string.Equals(o, url.Scheme + ":", StringComparison.OrdinalIgnoreCase)));
    }

    private static string? MetadataOf(FieldReader root)
    {
        if (root.OptionalObject("metadata") is not { } metadata)
        {
            return null;
        }

        var pairs = metadata.Strings("metadata", maxKey: 100, maxValue: 500);
        FieldReader.Check(pairs.Count <= 5, "metadata", "has at most 5 pairs");
        return pairs.Count == 0 ? null : metadata.RawText;
    }
}
