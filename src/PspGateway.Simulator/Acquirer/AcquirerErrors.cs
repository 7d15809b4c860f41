namespace PspGateway.Simulator.Acquirer;

/// <summary>Adyen's error body: {status, errorCode, message, errorType}.</summary>
internal static class AcquirerErrors
{
    public static Answer Unauthorized { get; } = Error(401, "000", "HTTP Status Response - Unauthorized", "security");

    public static Answer NotJson { get; } = Error(400, "702", "The request is not a JSON object", "validation");

    public static Answer KeyTooLong { get; } =
        Error(422, "validation", "Idempotency-Key is longer than 64 characters", "validation") with { Final = false };

    /// <summary>The same key while its first call is still in work.</summary>
    public static Answer StillInWork { get; } =
        Error(422, "704", "request already processed or in progress", "validation") with { Final = false };

    public static Answer KeyWithOtherBody { get; } =
        Error(422, "703", "Idempotency-Key was used before with another request", "validation") with { Final = false };

    public static Answer UnknownPayment { get; } = Error(422, "167", "Original pspReference required for this operation", "validation");

    public static Answer ForeignAccount { get; } = Error(403, "901", "Invalid Merchant Account", "security");

    public static Answer Internal { get; } = Error(500, "905", "Internal error", "internal") with { Final = false };

    public static Answer Invalid(string message) => Error(422, "validation", message, "validation");

    private static Answer Error(int status, string errorCode, string message, string errorType) =>
        Answer.Json(status, new { status, errorCode, message, errorType });
}
