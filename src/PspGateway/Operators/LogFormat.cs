using PspGateway.Storage;
using Serilog.Events;
using Serilog.Formatting;
using Serilog.Formatting.Json;

namespace PspGateway.Operators;

/// <summary>
/// A line is a JSON object. Where the database is away, a short Cause stands for the exception: every line of that hour would otherwise carry
/// the same stack, and making them would cost the answers the time that they need.
/// </summary>
internal sealed class LogFormat : ITextFormatter
{
    private readonly JsonFormatter _json = new(renderMessage: true);

    public void Format(LogEvent logEvent, TextWriter output) => _json.Format(DatabaseAway.Cause(logEvent.Exception) is { } cause ? WithCause(logEvent, cause) : logEvent, output);

    private static LogEvent WithCause(LogEvent line, string cause) => new(
        line.Timestamp,
        line.Level,
        exception: null,
        line.MessageTemplate,
        [.. line.Properties.Select(p => new LogEventProperty(p.Key, p.Value)), new LogEventProperty("Cause", new ScalarValue(cause))],
        line.TraceId ?? default,
        line.SpanId ?? default);
}
