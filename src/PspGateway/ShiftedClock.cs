using System.Diagnostics;
#if FAILPOINTS
using System.Globalization;
#endif

namespace PspGateway;

/// <summary>A wall clock that is wrong by what CLOCK_OFFSET says, in the Failpoints build alone. The monotonic clock stays right, as a machine's does.</summary>
internal static class ShiftedClock
{
    [Conditional("FAILPOINTS")]
    public static void Put(IServiceCollection services)
    {
#if FAILPOINTS
        services.AddSingleton<TimeProvider>(new Wrong());
#endif
    }

#if FAILPOINTS
    public static DateTimeOffset Now => TimeProvider.System.GetUtcNow() + Offset;

    private static TimeSpan Offset { get; } = TimeSpan.TryParse(Environment.GetEnvironmentVariable("CLOCK_OFFSET"), CultureInfo.InvariantCulture, out var offset) ? offset : TimeSpan.Zero;

    private sealed class Wrong : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => Now;
    }
#endif
}
