using System.Text.Json;
using PspGateway.Domain;

namespace PspGateway.Merchants.Wire;

/// <summary>The bodies of capture, refund and cancel, read and checked.</summary>
internal static class ModificationCall
{
    /// <summary>How much to capture or refund.</summary>
    /// <exception cref="InvalidFieldException">What is wrong, and with which field.</exception>
    /// <exception cref="JsonException">No JSON object in UTF-8, too deep, or with duplicate members.</exception>
    public static Money Amount(ReadOnlyMemory<byte> body)
    {
        using var document = CreatePaymentRequest.ParseDocument(body);
        var amount = new FieldReader(document.RootElement).Object("modificationAmount");
        FieldReader.Check(amount.Required("modificationAmount.currency") == nameof(Currency.NOK), "modificationAmount.currency", "must be NOK");
        var value = amount.Integer("modificationAmount.value");
        FieldReader.Check(value is >= 1 and <= CreatePaymentRequest.MostMinor, "modificationAmount.value", $"must be 1 to {CreatePaymentRequest.MostMinor} øre");
        return Money.Nok(value);
    }

    /// <summary>True when only what is not authorised yet is to be cancelled. A cancel needs no body.</summary>
    /// <exception cref="InvalidFieldException">What is wrong, and with which field.</exception>
    /// <exception cref="JsonException">A body that is no JSON object.</exception>
    public static bool OnlyBeforeApproval(ReadOnlyMemory<byte> body)
    {
        if (body.IsEmpty)
        {
            return false;
        }

        using var document = CreatePaymentRequest.ParseDocument(body);
        return new FieldReader(document.RootElement).Flag("cancelTransactionOnly") ?? false;
    }
}
