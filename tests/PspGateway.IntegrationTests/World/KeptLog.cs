using System.Collections.Concurrent;
using Serilog;
using Serilog.Configuration;
using Serilog.Core;
using Serilog.Events;
using Serilog.Formatting.Json;

namespace PspGateway.IntegrationTests.World;

/// <summary>A log sink that a gateway's settings name, as a deployment may name one of its own: everything of an event, as JSON.</summary>
public sealed class KeptLog : ILogEventSink
{
    private static readonly JsonFormatter Format = new(renderMessage: true);
    private static readonly ConcurrentQueue<string> Lines = new();

    public static string Text => string.Concat(Lines);

    /// <summary>Settings that make a gateway log all it can, whatever its defaults say, and keep it here.</summary>
    public static IReadOnlyDictionary<string, string?> Settings { get; } = new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Logging:LogLevel:Default"] = "Trace",
        ["Serilog:Using:0"] = typeof(KeptLog).Assembly.GetName().Name,
        ["Serilog:WriteTo:0:Name"] = nameof(KeptLogSettings.Keep),
        ["Serilog:MinimumLevel:Default"] = "Verbose",
        ["Serilog:MinimumLevel:Override:Microsoft"] = "Verbose",
        ["Serilog:MinimumLevel:Override:Microsoft.AspNetCore.DataProtection"] = "Verbose",
        ["Serilog:MinimumLevel:Override:Microsoft.Extensions.Hosting.Internal.Host"] = "Verbose",
        ["Serilog:MinimumLevel:Override:Npgsql"] = "Verbose",
    };

    public void Emit(LogEvent logEvent)
    {
        using var line = new StringWriter();
        Format.Format(logEvent, line);
        Lines.Enqueue(line.ToString());
    }
}

public static class KeptLogSettings
{
    public static LoggerConfiguration Keep(this LoggerSinkConfiguration to) => to.Sink(new KeptLog());
}
