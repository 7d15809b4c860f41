namespace PspGateway.Acquirers.Adyen.Wire;

internal sealed class ThreeDSRequestData
{
    public required string NativeThreeDS { get; init; }
}

/// <summary>A /payments request that lets the issuer authenticate, and moves no money: a token without its cryptogram.</summary>
internal sealed class AuthenticationOnlyRequest
{
    public required AdyenAmount Amount { get; init; }

    public required string MerchantAccount { get; init; }

    public required NetworkTokenMethod PaymentMethod { get; init; }

    public required AuthenticationData AuthenticationData { get; init; }

    public required BrowserInfo BrowserInfo { get; init; }

    public required string Channel { get; init; }

    public string? ShopperIP { get; init; }

    public required string Reference { get; init; }

    public required string ReturnUrl { get; init; }

    public required string ShopperInteraction { get; init; }
}

internal sealed class BrowserInfo
{
    public required string AcceptHeader { get; init; }

    public required int ColorDepth { get; init; }

    public required bool JavaEnabled { get; init; }

    public required bool JavaScriptEnabled { get; init; }

    public required string Language { get; init; }

    public required int ScreenHeight { get; init; }

    public required int ScreenWidth { get; init; }

    public required int TimeZoneOffset { get; init; }

    public required string UserAgent { get; init; }
}

internal sealed class RedirectAction
{
    public string? Type { get; init; }

    public string? Method { get; init; }

    public string? Url { get; init; }

    public IReadOnlyDictionary<string, string?>? Data { get; init; }
}

/// <summary>A class without ToString, never logged: it carries the CAVV.</summary>
internal sealed class ThreeDS2Result
{
    public string? AuthenticationValue { get; init; }

    public string? Eci { get; init; }

    public string? DsTransID { get; init; }

    public string? MessageVersion { get; init; }

    public string? TransStatus { get; init; }

    public string? ChallengeCancel { get; init; }
}

internal sealed class PaymentDetailsRequest
{
    public required PaymentDetails Details { get; init; }
}

internal sealed class PaymentDetails
{
    public required string RedirectResult { get; init; }
}
