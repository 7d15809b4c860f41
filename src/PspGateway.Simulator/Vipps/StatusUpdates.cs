using System.Text.Json;

namespace PspGateway.Simulator.Vipps;

/// <summary>
/// POST updatestatus. The real one answers at once and books at night; this one books at once. Like the real one it knows no repeats:
/// a batch sent twice counts twice. A 400 books nothing of the batch.
/// </summary>
internal sealed class StatusUpdates(VippsBook book, TimeProvider time)
{
    private static readonly HashSet<string> Known = new(StringComparer.Ordinal)
    {
        "pspTransactionId", "status", "amount", "currency", "paymentText", "operationStatus",
    };

    private static readonly HashSet<string> Operations = new(StringComparer.Ordinal) { "RESERVED", "CAPTURED", "CANCELLED", "REFUNDED" };

    public Answer Handle(string msn, byte[] body)
    {
        if (Wire.ParseObject(body) is not { } sent || sent.EnumerateObject().Any(member => member.Name != "transactions")
            || sent.Member("transactions") is not { ValueKind: JsonValueKind.Array } transactions || transactions.GetArrayLength() == 0)
        {
            return VippsErrors.One(StatusCodes.Status400BadRequest, "51", "Invalid request: transactions must be an array with members");
        }

        var errors = new VippsErrors();
        var reports = new List<(VippsPayment Payment, StatusReport Report)>();
        foreach (var (index, transaction) in transactions.EnumerateArray().Index())
        {
            if (Read(transaction, msn, out var wrong) is { } report)
            {
                reports.Add(report);
            }
            else
            {
                errors.Add("51", $"Invalid request: transactions[{index}].{wrong}");
            }
        }

        if (errors.Any)
        {
            return errors.Answer();
        }

        foreach (var (payment, report) in reports)
        {
            payment.Report(report);
        }

        return Answer.Json(StatusCodes.Status200OK, new { responseInfo = new { responseCode = "9000", responseMessage = "SUCCESS" } });
    }

    private (VippsPayment Payment, StatusReport Report)? Read(JsonElement transaction, string msn, out string wrong)
    {
        wrong = "";
        if (transaction.ValueKind != JsonValueKind.Object)
        {
            wrong = " is not an object";
            return null;
        }

        var payment = book.Find(transaction.Text("pspTransactionId") ?? "");
        var amount = 0;
        var hasAmount = transaction.Member("amount") is { ValueKind: JsonValueKind.Number } number
            && number.TryGetInt32(out amount) && amount > 0;
        var operationStatus = transaction.Member("operationStatus") is null ? "SUCCESS" : transaction.Text("operationStatus");
        wrong = transaction.UnknownMembers(Known).FirstOrDefault() is { } unknown ? unknown + " is not known"
            : payment is null || payment.MerchantSerialNumber != msn ? "pspTransactionId is not a payment of this merchant"
            : !Operations.Contains(transaction.Text("status") ?? "") ? "status is not valid"
            : !hasAmount ? "amount is not a positive integer"
            : transaction.Member("currency") is not null && transaction.Text("currency") != "NOK" ? "currency is not NOK"
            : operationStatus is not ("SUCCESS" or "FAILED") ? "operationStatus is not valid"
            : transaction.Member("paymentText") is not null && transaction.Text("paymentText") is not { Length: <= 100 }
                ? "paymentText is not valid"
            : "";
        if (wrong.Length > 0)
        {
            return null;
        }

        var success = operationStatus == "SUCCESS";
        return (payment!, new StatusReport(transaction.Text("status")!, amount, transaction.Text("paymentText"), success, time.GetUtcNow()));
    }
}
