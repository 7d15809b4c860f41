using System.Diagnostics;
using PspGateway.Domain.Payments;

namespace PspGateway.Payments.Telemetry;

/// <summary>
/// A payment's trace id is its pspTransactionId: both are 32 lower-case hex digits, and the right half of a UUIDv7 is random. So every step
/// lands in one trace, across requests, workers, replicas and crashes, nothing has to be stored for it, and whoever knows the payment finds
/// its trace. A step that another activity surrounds (a request, a batch) is linked to that one. When nobody listens, nothing is made.
/// </summary>
internal static class PaymentTrace
{
    public const string SourceName = "PspGateway";
    private const string PaymentTag = "pspgateway.psp_transaction_id";
    private static readonly ActivitySource Source = new(SourceName);

    /// <summary>Starts a step of a payment; null when nobody listens. Inside another step of the same payment it becomes a part of that.</summary>
    public static Activity? Step(string name, PspTransactionId id)
    {
        if (!Source.HasListeners())
        {
            return null;
        }

        var surrounding = Activity.Current;
        var trace = ContextOf(id);
        if (surrounding?.TraceId == trace.TraceId && surrounding.Source == Source)
        {
            return Source.StartActivity(name);
        }

        surrounding?.SetTag(PaymentTag, id.ToString());
        var step = Source.StartActivity(name, ActivityKind.Internal, trace, links: surrounding is null ? null : [new ActivityLink(surrounding.Context)]);
        return step?.SetTag(PaymentTag, id.ToString());
    }

    /// <summary>A step that is over when it is known.</summary>
    public static void Mark(string name, PspTransactionId id) => Step(name, id)?.Dispose();

    /// <summary>One piece of work for many payments: a trace of its own, linked to each of theirs.</summary>
    public static Activity? Batch(string name, IEnumerable<PspTransactionId> ids) => Source.HasListeners()
        ? Source.StartActivity(name, ActivityKind.Internal, default(ActivityContext), links: ids.Distinct().Select(id => new ActivityLink(ContextOf(id))))
        : null;

    /// <summary>A call to a counterparty, as a part of whatever it is made in.</summary>
    internal static Activity? StartCall(string name) => Source.HasListeners() ? Source.StartActivity(name, ActivityKind.Client) : null;

    /// <summary>
    /// What all steps hang from. No span has this id: it stands for the payment itself. Marked as recorded, so that a payment is traced
    /// whole whatever its callers' headers say about sampling.
    /// </summary>
    private static ActivityContext ContextOf(PspTransactionId id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.Value.TryWriteBytes(bytes, bigEndian: true, out _);
        return new ActivityContext(ActivityTraceId.CreateFromBytes(bytes), ActivitySpanId.CreateFromBytes(bytes[8..]), ActivityTraceFlags.Recorded, isRemote: true);
    }
}
