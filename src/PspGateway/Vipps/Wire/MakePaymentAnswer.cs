using System.Buffers;
using System.Text;
using System.Text.Json;
using PspGateway.Domain.Payments;

namespace PspGateway.Vipps.Wire;

/// <summary>Writes the bodies that makePayment answers with. No member is ever null: Vipps' schema does not know null.</summary>
internal static class MakePaymentAnswer
{
    public static byte[] Ok(PspTransactionId id) => Write(id, "OK", null, null, false);

    /// <param name="errorIdAsString">Vipps' specification shows a string, its worked examples an integer.</param>
    public static byte[] Fail(PspTransactionId id, VippsErrorId error, bool errorIdAsString) => Write(id, "FAIL", error, null, errorIdAsString);

    public static byte[] SoftDecline(PspTransactionId id, Uri page, bool errorIdAsString) => Write(id, "SOFT_DECLINE", VippsErrorId.SoftDecline, page, errorIdAsString);

    /// <summary>What bytes of an answer say, as words for counting: the decision (ok, fail, soft_decline) and the error id, or "none".</summary>
    public static (string Decision, string ErrorId) Read(ReadOnlySpan<byte> body)
    {
        var (decision, errorId) = ("other", "none");
        var json = new Utf8JsonReader(body);
        while (json.Read())
        {
            if (json.TokenType != JsonTokenType.PropertyName)
            {
                continue;
            }

            if (json.ValueTextEquals("status"u8) && json.Read())
            {
                decision = json.ValueTextEquals("OK"u8) ? "ok" : json.ValueTextEquals("FAIL"u8) ? "fail" : json.ValueTextEquals("SOFT_DECLINE"u8) ? "soft_decline" : decision;
            }
            else if (json.ValueTextEquals("errorId"u8) && json.Read())
            {
                errorId = Encoding.ASCII.GetString(json.ValueSpan);
            }
        }

        return (decision, errorId);
    }

    private static byte[] Write(PspTransactionId id, string status, VippsErrorId? error, Uri? page, bool errorIdAsString)
    {
        var buffer = new ArrayBufferWriter<byte>(192);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (error is { } reason)
            {
                json.WriteStartObject("errorMessage"u8);
                if (errorIdAsString)
                {
                    json.WriteString("errorId"u8, reason.Id.ToString());
                }
                else
                {
                    json.WriteNumber("errorId"u8, reason.Id);
                }

                json.WriteString("errorText"u8, reason.Text);
                json.WriteEndObject();
            }

            json.WriteStartObject("paymentInfo"u8);
            json.WriteString("pspTransactionId"u8, id.ToString());
            json.WriteString("status"u8, status);
            if (page is not null)
            {
                json.WriteString("url3dSecure"u8, page.AbsoluteUri);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return buffer.WrittenSpan.ToArray();
    }
}
