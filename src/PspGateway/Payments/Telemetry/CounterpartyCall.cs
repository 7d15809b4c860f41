using System.Diagnostics;

namespace PspGateway.Payments.Telemetry;

/// <summary>
/// One call to the acquirer or to Vipps: measured by what came of it, and a step of the trace that it is made in. Begin it before the call,
/// say how it ended, and dispose it; what ends without a word ended by an exception.
/// </summary>
internal sealed class CounterpartyCall : IDisposable
{
    public const string Acquirer = "acquirer";
    public const string Vipps = "vipps";
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly string _counterparty;
    private readonly string _call;
    private readonly Activity? _activity;
    private string _outcome = "exception";

    private CounterpartyCall(string counterparty, string call)
    {
        (_counterparty, _call) = (counterparty, call);
        _activity = PaymentTrace.StartCall($"{counterparty} {call}");
    }

    /// <param name="call">The name of an operation from a fixed set, never an address: it becomes a label.</param>
    public static CounterpartyCall Begin(string counterparty, string call) => new(counterparty, call);

    /// <summary>It ended in one case of a closed family.</summary>
    public T Ended<T>(T outcome)
        where T : class
    {
        _outcome = LabelWords.Of(outcome.GetType());
        return outcome;
    }

    /// <param name="status">The HTTP status; null without an answer.</param>
    /// <param name="sent">False: nothing left.</param>
    public void Ended(int? status, bool sent = true) => _outcome = status is { } code ? $"http_{code}" : sent ? "no_answer" : "not_sent";

    public void Dispose()
    {
        GatewayMeter.Called(_counterparty, _call, _outcome, Stopwatch.GetElapsedTime(_started));
        _activity?.SetTag("outcome", _outcome);
        _activity?.Dispose();
    }
}
