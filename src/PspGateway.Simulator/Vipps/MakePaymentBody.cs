using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PspGateway.Simulator.Vipps;

/// <summary>What is to be posted to makePaymentUrl; every member bends the ordinary call in one way.</summary>
internal sealed record MakePaymentOrder
{
    public string PaymentState { get; init; } = "ACCEPTED";

    /// <summary>Merged over the built body (RFC 7396: null removes a member).</summary>
    public JsonObject? Merge { get; init; }

    /// <summary>Sent in place of the built body.</summary>
    public string? RawBody { get; init; }

    /// <summary>Sent in place of the makePaymentToken; empty means no such header.</summary>
    public string? Authorization { get; init; }

    /// <summary>Merged over the built network token.</summary>
    public JsonObject? NetworkToken { get; init; }

    /// <summary>"visa" (default), "mastercard" or "mastercard-3ds".</summary>
    public string? Card { get; init; }

    /// <summary>The very bytes of the last post of this payment again.</summary>
    public bool RepeatLast { get; init; }

    /// <summary>Vipps hangs up after so long; without it, at CallbackTimeout.</summary>
    public int? HangUpAfterMs { get; init; }

    public string? ContentType { get; init; }

    public static MakePaymentOrder Approval(VippsPayment payment, string? card = null) => new()
    {
        // Nothing says what the real one posts for an ineligible card; v3 made USER_CANCEL of the old NO.
        PaymentState = payment.Init.Amount == NetworkTokens.CardNotEligible ? "USER_CANCEL" : "ACCEPTED",
        Card = card,
    };
}

internal static class MakePaymentBody
{
    private static readonly (string Operation, string Code)[] Operations =
        [("3dssuccess", "OK"), ("3dscancel", "CANCEL"), ("3dsfailure", "FAIL")];

    public static byte[] Build(VippsPayment payment, MakePaymentOrder order)
    {
        if (order.RepeatLast && payment.LastPost is { } last)
        {
            return last;
        }

        if (order.RawBody is not null)
        {
            return Encoding.UTF8.GetBytes(order.RawBody);
        }

        var body = new JsonObject
        {
            ["pspTransactionId"] = payment.Init.PspTransactionId,
            ["merchantSerialNumber"] = payment.MerchantSerialNumber,
            ["paymentState"] = order.PaymentState,
            ["paymentInstrument"] = "TOKEN",
        };

        // Required by the schema, yet there is no card when nobody approved.
        if (order.PaymentState is not ("TIMEOUT" or "USER_CANCEL" or "CANCEL" or "NO"))
        {
            AddCard(body, payment, order);
        }

        if (order.Merge is not null)
        {
            Merge(body, order.Merge);
        }

        return JsonSerializer.SerializeToUtf8Bytes<JsonNode>(body, Wire.Json);
    }

    private static void AddCard(JsonObject body, VippsPayment payment, MakePaymentOrder order)
    {
        var token = NetworkTokens.For(payment.Init.Amount, order.Card);
        var networkToken = JsonSerializer.SerializeToNode(token, Wire.Json)!.AsObject();
        if (order.NetworkToken is not null)
        {
            Merge(networkToken, order.NetworkToken);
        }

        body["binNumber"] = token.Number[..6];
        body["operations"] = new JsonArray([.. Operations.Select(operation => new JsonObject
        {
            ["url"] = new Uri(payment.Home, $"/mobileintercept?transactionId={payment.Init.PspTransactionId}&responsecode={operation.Code}").AbsoluteUri,
            ["operation"] = operation.Operation,
        })]);
        body["networkToken"] = networkToken;
    }

    private static void Merge(JsonObject target, JsonObject patch)
    {
        foreach (var (name, value) in patch)
        {
            if (value is null)
            {
                target.Remove(name);
            }
            else if (value is JsonObject inner && target[name] is JsonObject existing)
            {
                Merge(existing, inner);
            }
            else
            {
                target[name] = value.DeepClone();
            }
        }
    }
}
