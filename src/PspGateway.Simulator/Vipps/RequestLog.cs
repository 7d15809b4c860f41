using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace PspGateway.Simulator.Vipps;

internal sealed record ReceivedCall(
    DateTimeOffset At, string Method, string Path, int Status, IReadOnlyDictionary<string, string> Headers, byte[] Body);

/// <summary>The last calls that Vipps received, for tests that look at headers and bodies.</summary>
internal sealed class RequestLog
{
    private const int Kept = 1000;

    /// <summary>Told to be there, never what they hold.</summary>
    private static readonly string[] Masked = ["Authorization", "client_id", "client_secret", "Ocp-Apim-Subscription-Key"];

    private static readonly string[] Shown =
    [
        "Content-Type", "Psp-Id", "Merchant-Serial-Number", "Vipps-System-Name", "Vipps-System-Version", "Vipps-System-Plugin-Name",
        "Vipps-System-Plugin-Version", "Request-Id", "Idempotency-Key", "User-Agent",
        "traceparent", "tracestate", "baggage", "Correlation-Context",
    ];

    private readonly Lock _gate = new();
    private readonly Queue<ReceivedCall> _calls = new();

    public void Add(DateTimeOffset at, HttpRequest request, int status, byte[] body)
    {
        var headers = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        foreach (var name in Shown.Where(request.Headers.ContainsKey))
        {
            headers[name] = request.Headers[name].ToString();
        }

        foreach (var name in Masked.Where(request.Headers.ContainsKey))
        {
            headers[name] = request.Headers[name].ToString().StartsWith("Bearer ", StringComparison.Ordinal) ? "Bearer ****" : "****";
        }

        lock (_gate)
        {
            _calls.Enqueue(new ReceivedCall(at, request.Method, request.Path, status, headers, body));
            if (_calls.Count > Kept)
            {
                _calls.Dequeue();
            }
        }
    }

    public IReadOnlyList<object> View(string? path, string? pspTransactionId)
    {
        List<ReceivedCall> calls;
        lock (_gate)
        {
            calls = [.. _calls];
        }

        return [.. calls.Where(call => path is null || call.Path.Contains(path, StringComparison.OrdinalIgnoreCase))
            .Where(call => pspTransactionId is null || call.Path.Contains(pspTransactionId, StringComparison.Ordinal)
                || Encoding.UTF8.GetString(call.Body).Contains(pspTransactionId, StringComparison.Ordinal))
            .Select(call => new { call.At, call.Method, call.Path, call.Status, call.Headers, Body = Readable(call.Body) })];
    }

    private static JsonNode? Readable(byte[] body)
    {
        if (body.Length == 0)
        {
            return null;
        }

        try
        {
            var node = JsonNode.Parse(body);
            if (node is JsonObject members)
            {
                if (members.ContainsKey("makePaymentToken"))
                {
                    members["makePaymentToken"] = "****";
                }

                // Force approve: the token opens the payment on the phone.
                if (members.ContainsKey("token"))
                {
                    members["token"] = "****";
                }
            }

            return node;
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            return JsonValue.Create(Encoding.UTF8.GetString(body));
        }
    }
}
