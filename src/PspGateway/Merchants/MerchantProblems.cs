using System.Diagnostics;
using System.Text.Json;
using PspGateway.Merchants.Wire;

namespace PspGateway.Merchants;

/// <summary>The problem bodies of the merchant API. Each names what is wrong; a bad field is named in the text and in extraDetails.</summary>
internal static class MerchantProblems
{
    public const string ContentType = "application/problem+json";

    private const string Again = "What carries an Idempotency-Key is done once when it is repeated with the same key; look before you repeat anything else.";

    public static StoredResponse InvalidField(string field, string reason) => Make(400, "invalid-request", "The request is not valid.", $"{field}: {reason}", (field, reason));

    public static StoredResponse InvalidHeader(string header, string reason) => Make(400, "invalid-request", "The request is not valid.", $"The header {header}: {reason}", (header, reason));

    public static StoredResponse NotJson() => Make(400, "invalid-request", "The request is not valid.", "The body must be one JSON object in UTF-8, at most 8 levels deep and without duplicate members.");

    public static StoredResponse RefusedByVipps(string text) => Make(400, "refused-by-vipps", "Vipps refused the payment.", text);

    public static StoredResponse NotApproved(string text) => Make(400, "not-approved", "Vipps did not approve the payment.", text);

    public static StoredResponse NoForceApprove() => Make(404, "not-found", "There is no such route.", "Force approve is for Vipps' test environment only (Vipps:TestEnvironment).");

    public static StoredResponse ReferenceUsed(string reference) => Make(409, "reference-used", "The reference was used before.", $"reference: {reference} names another payment of this merchant.", ("reference", "used before"));

    public static StoredResponse ReferenceKnownToVipps(string text) => Make(409, "reference-used", "The reference was used before.", $"reference: Vipps knows it already: {text}", ("reference", "used before"));

    public static StoredResponse KeyWithOtherBody() => Make(409, "idempotency-key-reused", "The Idempotency-Key was used before.", "Idempotency-Key: the same key came with another body.", ("Idempotency-Key", "used with another body"));

    public static StoredResponse StillRunning() => Make(409, "still-running", "The first request with this Idempotency-Key is still running.", "Repeat it after the Retry-After.");

    public static StoredResponse InitAnswerLost() => Make(502, "init-answer-lost", "Vipps has the payment, but its answer was lost.", "The payment is terminated. Create it again with a new reference and a new Idempotency-Key.");

    public static StoredResponse NoAnswerFromVipps() => Make(502, "no-answer-from-vipps", "Vipps did not answer.", "Repeat the request with the same Idempotency-Key: it resumes.");

    public static StoredResponse NotFound() => Make(404, "not-found", "There is no such payment.", "reference: this merchant has no payment of that reference.");

    public static StoredResponse NoWebhook() => Make(404, "not-found", "There is no such webhook.", "id: this merchant has no webhook of that id.");

    public static StoredResponse WrongState(string state, string why) => Make(409, "wrong-state", "The payment is not in a state for this.", $"state: {state}: {why}", ("state", state));

    public static StoredResponse TooMuch(string left) => Make(409, "amount-too-large", "There is not as much left.", $"modificationAmount.value: {left}", ("modificationAmount.value", left));

    public static StoredResponse NothingLeft() => Make(409, "nothing-left", "Nothing is left to cancel.", "All of the payment is captured or cancelled.");

    public static StoredResponse OperationUnresolved() => Make(409, "operation-unresolved", "An earlier operation is not resolved.", "The acquirer has not said what became of a capture or refund that this one depends on. Repeat it later, with a new Idempotency-Key.");

    public static StoredResponse CapturedBefore() => Make(409, "captured-before", "The payment was captured before.", "This merchant's account captures once; what was not captured is released.");

    public static StoredResponse AuthorisationEnded(DateTimeOffset before) => Make(409, "authorisation-ended", "The authorisation is at its end at the acquirer.", $"It could be captured before {before:yyyy-MM-dd'T'HH:mm:ss'Z'}. What was not captured is cancelled.");

    public static StoredResponse TooManyOperations() => Make(409, "too-many-operations", "The payment has too many operations.", "No further captures, refunds or cancels are taken for it.");

    public static StoredResponse FailedAtAcquirer(string word) => Make(409, "failed-at-acquirer", $"The acquirer did not do the {word}.", "Nothing was moved, and the amount is given back. Try again with a new Idempotency-Key.");

    public static StoredResponse TooLarge() => Make(413, "too-large", "The body is too large.", "At most 64 KiB.");

    public static StoredResponse TooSlow() => Make(408, "too-slow", "The body did not come in time.", "Send the request again, all at once.");

    public static StoredResponse BrokenBody() => Make(400, "invalid-request", "The request is not valid.", "The body does not end where the headers or its chunks say.");

    public static StoredResponse Unauthorized() => Make(401, "unauthorized", "The access token is missing or not valid.", "Get one from POST /accesstoken/get and send it as Authorization: Bearer.");

    public static StoredResponse WrongCredentials() => Make(401, "unauthorized", "The credentials are not valid.", "client_id, client_secret and Ocp-Apim-Subscription-Key must be those of one registered client.");

    public static StoredResponse TooManyFailures() => Make(429, "too-many-failures", "Too many attempts with wrong credentials.", "client_id: wait as long as Retry-After says. Credentials that were right before are always taken.", ("client_id", "failed too often"));

    public static StoredResponse ForbiddenMerchant() => Make(403, "forbidden", "The merchant is not this client's.", "Merchant-Serial-Number: not one of this client's.", ("Merchant-Serial-Number", "not one of this client's"));

    public static StoredResponse Unavailable() => Make(503, "unavailable", "The service cannot do this just now.", Again);

    public static StoredResponse Broken() => Make(500, "internal-error", "Something broke on our side.", $"{Again} If it stays so, tell us the traceId.");

    private static StoredResponse Make(int status, string type, string title, string detail, params (string Name, string Reason)[] fields)
    {
        var problem = new ProblemBody
        {
            Type = $"urn:pspgateway:problem:{type}",
            Title = title,
            Detail = detail,
            Status = status,
            TraceId = Activity.Current?.TraceId.ToString() ?? Guid.NewGuid().ToString("N"),
            ExtraDetails = fields.Length == 0 ? null : [.. fields.Select(f => new ProblemField { Name = f.Name, Reason = f.Reason })],
        };
        return new StoredResponse(status, ContentType, JsonSerializer.SerializeToUtf8Bytes(problem, MerchantJson.Default.ProblemBody));
    }
}
