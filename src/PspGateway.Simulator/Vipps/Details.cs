namespace PspGateway.Simulator.Vipps;

/// <summary>GET details. "Vipps does not have other information than what the PSP has sent": only reports show here.</summary>
internal sealed class Details(VippsBook book)
{
    public Answer Handle(string pspTransactionId, string msn)
    {
        if (book.Find(pspTransactionId) is not { } payment || payment.MerchantSerialNumber != msn)
        {
            return VippsErrors.One(StatusCodes.Status404NotFound, "51", "Invalid request: no such payment");
        }

        var reported = payment.Reported();
        return Answer.Json(StatusCodes.Status200OK, new
        {
            pspTransactionId = payment.Init.PspTransactionId,
            merchantOrderId = payment.Init.MerchantOrderId,
            transactionSummary = new
            {
                capturedAmount = reported.Captured.Amount,
                remainingAmountToCapture = Math.Max(0, payment.Init.Amount - reported.Captured.Amount - reported.Cancelled.Amount),
                refundedAmount = reported.Refunded.Amount,
                remainingAmountToRefund = Math.Max(0, reported.Captured.Amount - reported.Refunded.Amount),
            },
            transactionLogHistory = payment.Reports().Select(report => new
            {
                amount = report.Amount,
                paymentText = report.PaymentText,
                timeStamp = report.At.ToString("yyyy-MM-dd'T'HH:mm:sszzz"),
                operation = report.Operation,
                operationSuccess = report.Success,
            }),
        });
    }
}
