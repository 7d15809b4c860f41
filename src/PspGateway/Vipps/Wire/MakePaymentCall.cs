using System.Text.Json;
using System.Text.Unicode;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;
using PspGateway.Payments.StepUps;

namespace PspGateway.Vipps.Wire;

/// <summary>What Vipps says about the customer.</summary>
internal enum VippsPaymentState
{
    Unknown,
    Accepted,
    Timeout,
    UserCancel,
    No,
}

/// <summary>
/// A makePayment call, read as tolerantly as Vipps' contradicting documents ask for: unknown members are ignored, the old `confirmed`
/// stands in for a missing `paymentState`, numbers may be strings and the other way round. What an ACCEPTED cannot do without is checked.
/// </summary>
internal sealed class MakePaymentCall
{
    public const int MaxDepth = 8;

    /// <summary>Null where the member is missing or is no id of ours.</summary>
    public PspTransactionId? Id { get; private init; }

    public MerchantSerialNumber? Merchant { get; private init; }

    public VippsPaymentState State { get; private init; }

    /// <summary>The token, when the call is ACCEPTED and everything about it is valid.</summary>
    public CardToken? Token { get; private init; }

    /// <summary>The first six digits of the card, when Vipps sent them.</summary>
    public string? CardBin { get; private init; }

    /// <summary>Where the customer goes after a step-up, where Vipps named all three places; unchecked.</summary>
    public StepUpAddresses? Addresses { get; private init; }

    /// <summary>Names of the members that fail validation.</summary>
    public IReadOnlyList<string> Invalid { get; private init; } = [];

    /// <summary>Null when the body is no JSON object in valid UTF-8, or nests too deeply.</summary>
    public static MakePaymentCall? Parse(ReadOnlyMemory<byte> body)
    {
        if (!Utf8.IsValid(body.Span))
        {
            return null;
        }

        try
        {
            using var document = JsonDocument.Parse(body, new JsonDocumentOptions { MaxDepth = MaxDepth });
            return document.RootElement.ValueKind == JsonValueKind.Object ? Read(document.RootElement) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null;
        }
    }

    private static MakePaymentCall Read(JsonElement root)
    {
        var invalid = new List<string>();
        if (HasDuplicates(root))
        {
            invalid.Add("duplicate member");
        }

        var state = StateOf(root);
        if (state == VippsPaymentState.Unknown)
        {
            invalid.Add("paymentState");
        }

        var id = PspTransactionId.TryParse(Text(root, "pspTransactionId"), out var parsedId) ? parsedId : (PspTransactionId?)null;
        if (id is null)
        {
            invalid.Add("pspTransactionId");
        }

        var merchant = MerchantSerialNumber.TryParse(Text(root, "merchantSerialNumber"), out var parsedMerchant) ? parsedMerchant : (MerchantSerialNumber?)null;
        if (merchant is null)
        {
            invalid.Add("merchantSerialNumber");
        }

        if (root.TryGetProperty("paymentInstrument", out var instrument) && instrument.ValueKind != JsonValueKind.Null
            && !string.Equals(Text(root, "paymentInstrument"), "TOKEN", StringComparison.OrdinalIgnoreCase))
        {
            invalid.Add("paymentInstrument");
        }

        var token = state == VippsPaymentState.Accepted ? ReadToken(root, invalid) : null;
        return new MakePaymentCall
        {
            Id = id,
            Merchant = merchant,
            State = state,
            Token = invalid.Count == 0 ? token : null,
            CardBin = Text(root, "binNumber") is { Length: >= 6 and <= 8 } bin && bin.All(char.IsAsciiDigit) ? bin[..6] : null,
            Addresses = state == VippsPaymentState.Accepted ? ReadAddresses(root) : null,
            Invalid = invalid,
        };
    }

    /// <summary>Never a reason to refuse a call: only a soft decline needs them.</summary>
    private static StepUpAddresses? ReadAddresses(JsonElement root)
    {
        if (!root.TryGetProperty("operations", out var operations) || operations.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        string? success = null, cancel = null, failure = null;
        foreach (var operation in operations.EnumerateArray().Where(o => o.ValueKind == JsonValueKind.Object))
        {
            switch (Text(operation, "operation")?.ToUpperInvariant())
            {
                case "3DSSUCCESS":
                    success = Text(operation, "url");
                    break;
                case "3DSCANCEL":
                    cancel = Text(operation, "url");
                    break;
                case "3DSFAILURE":
                    failure = Text(operation, "url");
                    break;
            }
        }

        return success is not null && cancel is not null && failure is not null ? new StepUpAddresses(success, cancel, failure) : null;
    }

    private static VippsPaymentState StateOf(JsonElement root) => Text(root, root.TryGetProperty("paymentState", out var state) && state.ValueKind != JsonValueKind.Null ? "paymentState" : "confirmed")?.ToUpperInvariant() switch
    {
        "ACCEPTED" or "YES" => VippsPaymentState.Accepted,
        "TIMEOUT" => VippsPaymentState.Timeout,
        "USER_CANCEL" or "CANCEL" => VippsPaymentState.UserCancel,
        "NO" => VippsPaymentState.No,
        _ => VippsPaymentState.Unknown,
    };

    private static CardToken? ReadToken(JsonElement root, List<string> invalid)
    {
        if (!root.TryGetProperty("networkToken", out var token) || token.ValueKind != JsonValueKind.Object)
        {
            invalid.Add("networkToken");
            return null;
        }

        var before = invalid.Count;
        Check(NetworkToken.TryCreate(Text(token, "number"), out var number), "networkToken.number");
        Check(Cryptogram.TryCreate(Text(token, "cryptogram"), out var cryptogram), "networkToken.cryptogram");
        Check(TokenExpiry.TryCreate(Text(token, "expiryMonth"), Text(token, "expiryYear"), out var expiry), "networkToken.expiryMonth or expiryYear");
        Check(TrySchemeOf(Text(token, "tokenType"), out var scheme), "networkToken.tokenType");
        Check(Eci.TryCreate(Text(token, "eci"), out var eci), "networkToken.eci");
        Check(!HasDuplicates(token), "networkToken, duplicate member");
        return invalid.Count == before && number is not null && cryptogram is not null ? new CardToken(number, cryptogram, expiry, scheme, eci) : null;

        void Check(bool valid, string member)
        {
            if (!valid)
            {
                invalid.Add(member);
            }
        }
    }

    private static bool TrySchemeOf(string? tokenType, out CardScheme scheme)
    {
        scheme = string.Equals(tokenType, "MASTERCARD", StringComparison.OrdinalIgnoreCase) ? CardScheme.Mastercard : CardScheme.Visa;
        return scheme == CardScheme.Mastercard || string.Equals(tokenType, "VISA", StringComparison.OrdinalIgnoreCase);
    }

    /// <summary>A member as text, a number as its digits; null where it is missing, null, something else, or no valid Unicode.</summary>
    private static string? Text(JsonElement element, string member)
    {
        if (!element.TryGetProperty(member, out var value))
        {
            return null;
        }

        try
        {
            return value.ValueKind switch
            {
                JsonValueKind.String => value.GetString(),
                JsonValueKind.Number => value.GetRawText(),
                _ => null,
            };
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate in an escape.
            return null;
        }
    }

    private static bool HasDuplicates(JsonElement element)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            return element.EnumerateObject().Any(member => !seen.Add(member.Name));
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
