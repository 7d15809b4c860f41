using System.Text.Json;
using System.Text.Json.Nodes;
using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Vipps;

namespace PspGateway.Simulator.Control;

/*
 * The simulator's levers, for tests and for a person with curl. All bodies are JSON; all members are optional unless said otherwise;
 * unknown members are 400 {"error": "…"}; every answer without a body of its own is 204.
 *
 * POST /control/vipps/payments/{pspTransactionId}/post
 *   {"paymentState": "ACCEPTED", "card": "visa"|"mastercard"|"mastercard-3ds", "networkToken": {partial}, "merge": {RFC 7396 patch of the body; null removes},
 *    "rawBody": "sent as it is", "contentType": "application/json", "authorization": "header in place of the token; empty: no header",
 *    "repeatLast": true (the very bytes of the last post again), "hangUpAfterMs": 500 (instead of CallbackTimeout)}
 *   makes the makePayment call now and waits:
 *   200 {"httpStatus": 200|null, "body": "…", "contentType": "…", "elapsedMs": 12, "timedOut": false, "error": null}; 404 for an unknown id.
 * GET /control/vipps/payments/{pspTransactionId}
 *   {"pspTransactionId", "merchantSerialNumber", "state", "makePaymentUrl", "makePaymentToken", "pspRedirectUrl", "landingToken",
 *    "initCalls", "url3dSecure", "awaitsCustomer", "init": {everything sent in init}}
 * GET /control/vipps/requests?path=part&pspTransactionId=X
 *   the last 1000 calls [{"at", "method", "path", "status" (0: no answer), "headers": {…}, "body"}]; secrets read "****"
 * POST /control/vipps/faults   {"path": "init"|"updatestatus"|"accesstoken"|"details"|"approve"|"*" (required), "mode": (required), …}
 * POST /control/acquirer/faults   {"path": "payments"|"captures"|"refunds"|"cancels"|"reversals"|"*" (required), "mode": (required), …}
 *   mode: "drop" = "commitThenDrop" (work, then abort the connection) | "hang" = "commitThenHang" | "commitThen500" | "commitThenGarbage"
 *       | "commitThenOtherAmount" (every amount in the answer is one krone more)
 *       | "overtaken" (the work waits until a cancel with this reference came and found nothing; at most "delayMs", else 60 s)
 *       | "dropBeforeCommit" | "status" (answer "status" and "body" without the work) | "delay" (nothing but the pauses)
 *   further: "times": 1, "delayMs": before the work, "answerDelayMs": after it, "status": 500, "body": "…", "contentType": "application/json",
 *       "retryAfterSeconds": of a "status" answer, "permille": 1000, the chance that a call is met,
 *       "contains": only calls whose path or body contains this text
 * DELETE /control/vipps/faults, DELETE /control/acquirer/faults
 * POST /control/vipps/access-tokens/revoke
 * POST /control/acquirer/notifications   {"mode": "on"|"off"|"hold", "copies": 1, "jitterMs": 0}; what "off" suppressed is never sent
 * POST /control/acquirer/notifications/release   {"reverse": false}   sends what "hold" kept: 200 {"released": 3}
 * POST /control/acquirer/failures   {"eventCode": "CAPTURE"|"REFUND"|"CANCELLATION", "contains": part of the reference, "times": 1}
 *   received, but then without effect: its notification has success "false"
 * POST /control/acquirer/undo   {"eventCode": "CAPTURE_FAILED"|"REFUND_FAILED"|"REFUNDED_REVERSED", "reference": of the capture or refund}; 404 without one
 */
internal static class ControlEndpoints
{
    public static void MapControl(this WebApplication app)
    {
        var vipps = app.MapGroup("/control/vipps");
        vipps.MapPost("/payments/{id}/post", PostAsync);
        vipps.MapGet("/payments/{id}", Show);
        vipps.MapGet("/requests", (RequestLog log, string? path, string? pspTransactionId) =>
            Results.Json(log.View(path, pspTransactionId), Wire.Json));
        vipps.MapPost("/faults", (HttpRequest request, VippsFaults faults) => AddFaultAsync(request, faults));
        vipps.MapDelete("/faults", (VippsFaults faults) => Cleared(faults));
        vipps.MapPost("/access-tokens/revoke", (AccessTokens tokens) =>
        {
            tokens.RevokeAll();
            return Results.NoContent();
        });

        var acquirer = app.MapGroup("/control/acquirer");
        acquirer.MapPost("/faults", (HttpRequest request, AcquirerFaults faults) => AddFaultAsync(request, faults));
        acquirer.MapDelete("/faults", (AcquirerFaults faults) => Cleared(faults));
        acquirer.MapPost("/notifications", SwitchAsync);
        acquirer.MapPost("/notifications/release", ReleaseAsync);
        acquirer.MapPost("/failures", FailAsync);
        acquirer.MapPost("/undo", UndoAsync);
    }

    private static async Task<IResult> PostAsync(
        string id, HttpRequest request, VippsBook book, MakePaymentCall call, IHostApplicationLifetime lifetime)
    {
        var (order, error) = await ReadAsync<PostOrder>(request);
        return order is null ? error
            : book.Find(id) is not { } payment ? Results.NotFound()
            : Results.Json(await call.PostAsync(payment, order.ToOrder(), lifetime.ApplicationStopping), WithNulls);
    }

    private static IResult Show(string id, VippsBook book) => book.Find(id) is not { } payment ? Results.NotFound() : Results.Json(
        new
        {
            payment.Init.PspTransactionId,
            payment.MerchantSerialNumber,
            State = payment.State.ToString(),
            payment.Init.MakePaymentUrl,
            payment.Init.MakePaymentToken,
            payment.Init.PspRedirectUrl,
            payment.LandingToken,
            payment.InitCalls,
            payment.Url3dSecure,
            payment.AwaitsCustomer,
            Init = payment.Init.Sent,
        },
        WithNulls);

    private static async Task<IResult> AddFaultAsync(HttpRequest request, FaultPlan plan)
    {
        var (order, error) = await ReadAsync<FaultOrder>(request);
        if (order is null)
        {
            return error;
        }

        if (order.Mode() is not { } mode || string.IsNullOrEmpty(order.Path) || order.Times < 1)
        {
            return Refused("path, a known mode and a positive times are needed");
        }

        plan.Add(order.Path, order.Contains, order.Times, order.Permille, new Fault(mode, order.Status, order.Body, order.ContentType,
            TimeSpan.FromMilliseconds(order.DelayMs), TimeSpan.FromMilliseconds(order.AnswerDelayMs)) { RetryAfterSeconds = order.RetryAfterSeconds });
        return Results.NoContent();
    }

    private static IResult Cleared(FaultPlan plan)
    {
        plan.Clear();
        return Results.NoContent();
    }

    private static async Task<IResult> SwitchAsync(HttpRequest request, Notifier notifier)
    {
        var (order, error) = await ReadAsync<NotificationOrder>(request);
        if (order is null)
        {
            return error;
        }

        if (!Enum.TryParse<NotificationMode>(order.Mode, ignoreCase: true, out var mode) || order.Copies is < 1 or > 100 || order.JitterMs is < 0 or > 60_000)
        {
            return Refused("mode is on, off or hold; copies is 1 to 100; jitterMs is 0 to 60000");
        }

        notifier.Switch(mode, order.Copies, order.JitterMs);
        return Results.NoContent();
    }

    private static async Task<IResult> FailAsync(HttpRequest request, FailurePlan failures)
    {
        var (order, error) = await ReadAsync<ModificationFailure>(request);
        if (order is null)
        {
            return error;
        }

        if (order.EventCode is not ("CAPTURE" or "REFUND" or "CANCELLATION") || string.IsNullOrEmpty(order.Contains) || order.Times < 1)
        {
            return Refused("a known eventCode, contains and a positive times are needed");
        }

        failures.Add(order.EventCode, order.Contains, order.Times);
        return Results.NoContent();
    }

    private static async Task<IResult> UndoAsync(HttpRequest request, Modifications modifications)
    {
        var (order, error) = await ReadAsync<UndoOrder>(request);
        return order is null ? error
            : order.EventCode is not ("CAPTURE_FAILED" or "REFUND_FAILED" or "REFUNDED_REVERSED") ? Refused("a known eventCode is needed")
            : modifications.Undo(order.Reference ?? "", order.EventCode) ? Results.NoContent()
            : Results.NotFound();
    }

    private static async Task<IResult> ReleaseAsync(HttpRequest request, Notifier notifier)
    {
        var (order, error) = await ReadAsync<ReleaseOrder>(request);
        return order is null ? error : Results.Json(new { released = notifier.Release(order.Reverse) });
    }

    /// <summary>No body at all means every default.</summary>
    private static async Task<(T? Value, IResult Error)> ReadAsync<T>(HttpRequest request)
        where T : class, new()
    {
        var body = await Wire.ReadBodyAsync(request, request.HttpContext.RequestAborted);
        if (body is null || body.Length == 0)
        {
            return body is null ? (null, Refused("the body is too large")) : (new T(), Results.NoContent());
        }

        try
        {
            return (JsonSerializer.Deserialize<T>(body, Wire.Strict), Refused("the body is null"));
        }
        catch (JsonException exception)
        {
            return (null, Refused(exception.Message));
        }
    }

    private static IResult Refused(string error) => Results.Json(new { error }, statusCode: StatusCodes.Status400BadRequest);

    private static readonly JsonSerializerOptions WithNulls =
        new(Wire.Json) { DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.Never };

    private sealed record PostOrder
    {
        public string PaymentState { get; init; } = "ACCEPTED";

        public string? Card { get; init; }

        public JsonObject? NetworkToken { get; init; }

        public JsonObject? Merge { get; init; }

        public string? RawBody { get; init; }

        public string? ContentType { get; init; }

        public string? Authorization { get; init; }

        public bool RepeatLast { get; init; }

        public int? HangUpAfterMs { get; init; }

        public MakePaymentOrder ToOrder() => new()
        {
            PaymentState = PaymentState,
            Card = Card,
            NetworkToken = NetworkToken,
            Merge = Merge,
            RawBody = RawBody,
            ContentType = ContentType,
            Authorization = Authorization,
            RepeatLast = RepeatLast,
            HangUpAfterMs = HangUpAfterMs,
        };
    }

    private sealed record FaultOrder
    {
        public string? Path { get; init; }

        [System.Text.Json.Serialization.JsonPropertyName("mode")]
        public string? ModeName { get; init; }

        public int Times { get; init; } = 1;

        public int Permille { get; init; } = 1000;

        public int? RetryAfterSeconds { get; init; }

        public int DelayMs { get; init; }

        public int AnswerDelayMs { get; init; }

        public int Status { get; init; } = StatusCodes.Status500InternalServerError;

        public string? Body { get; init; }

        public string ContentType { get; init; } = "application/json";

        public string? Contains { get; init; }

        public FaultMode? Mode() => ModeName?.ToUpperInvariant() switch
        {
            "DROP" => FaultMode.CommitThenDrop,
            "HANG" => FaultMode.CommitThenHang,
            _ => Enum.TryParse<FaultMode>(ModeName, ignoreCase: true, out var mode) ? mode : null,
        };
    }

    private sealed record NotificationOrder
    {
        public string? Mode { get; init; }

        public int Copies { get; init; } = 1;

        public int JitterMs { get; init; }
    }

    private sealed record ModificationFailure
    {
        public string? EventCode { get; init; }

        public string? Contains { get; init; }

        public int Times { get; init; } = 1;
    }

    private sealed record UndoOrder
    {
        public string? EventCode { get; init; }

        public string? Reference { get; init; }
    }

    private sealed record ReleaseOrder
    {
        public bool Reverse { get; init; }
    }
}
