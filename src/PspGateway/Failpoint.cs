using System.Diagnostics;
#if FAILPOINTS
using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
#endif

namespace PspGateway;

/// <summary>
/// Named places where a proof lets a process die, throw or stall. They exist in the Failpoints build alone: everywhere else the compiler
/// leaves out the calls with their arguments (CONTRIBUTING.md, "Proofs").
/// </summary>
internal static class Failpoint
{
    /// <param name="name">What is about to happen, or just did.</param>
    /// <param name="key">The payment's id or its reference, so that a proof can mean one payment only.</param>
    [Conditional("FAILPOINTS")]
    public static void Here(string name, string key = "")
    {
#if FAILPOINTS
        Orders.Meet(name, key);
#endif
    }

    [Conditional("FAILPOINTS")]
    public static void Here(string name, Guid payment) => Here(name, payment.ToString("N"));

    /// <summary>Where payments go together: whichever of them is meant.</summary>
    [Conditional("FAILPOINTS")]
    public static void Here(string name, IEnumerable<Guid> payments) => Here(name, string.Join(' ', payments.Select(p => p.ToString("N"))));

#if FAILPOINTS
    /// <summary>What was ordered, by lines on a loopback port: "arm NAME KEY,KEY|* kill|throw|stall MILLISECONDS SKIP TOGETHER".</summary>
    internal static class Orders
    {
        private static readonly ConcurrentQueue<Order> Armed = new();
        private static readonly Lock Log = new();

        [ModuleInitializer]
        internal static void Listen()
        {
            if (int.TryParse(Environment.GetEnvironmentVariable("FAILPOINTS_PORT"), CultureInfo.InvariantCulture, out var port))
            {
                var listener = new TcpListener(IPAddress.Loopback, port);
                listener.Start();
                _ = Task.Run(() => ServeAsync(listener));
            }
        }

        /// <summary>Most calls find nothing armed.</summary>
        public static void Meet(string name, string key)
        {
            foreach (var order in Armed)
            {
                if (order.Name == name && order.Means(key) && order.TryTake())
                {
                    order.Act(key);
                }
            }
        }

        private static async Task ServeAsync(TcpListener listener)
        {
            while (true)
            {
                try
                {
                    using var client = await listener.AcceptTcpClientAsync();
                    using var lines = new StreamReader(client.GetStream());
                    while (await lines.ReadLineAsync() is { } line)
                    {
                        await client.GetStream().WriteAsync(Obey(line.Split(' ')) ? "ok\n"u8.ToArray() : "?\n"u8.ToArray());
                    }
                }
                catch (IOException)
                {
                    // Whoever gave orders has gone.
                }
            }
        }

        private static bool Obey(string[] words)
        {
            switch (words)
            {
                case ["clear"]:
                    Armed.Clear();
                    return true;
                case ["arm", var name, var key, "kill" or "throw" or "stall", var length, var skip, var together]:
                    Armed.Enqueue(new Order(name, key, words[3], TimeSpan.FromMilliseconds(int.Parse(length, CultureInfo.InvariantCulture)), int.Parse(skip, CultureInfo.InvariantCulture), int.Parse(together, CultureInfo.InvariantCulture)));
                    return true;
                default:
                    return false;
            }
        }

        /// <param name="skip">How many hits pass before the first that counts.</param>
        /// <param name="together">How many hits must come, each waiting for the others at most <paramref name="length"/>, before a kill.</param>
        private sealed class Order(string name, string key, string action, TimeSpan length, int skip, int together)
        {
            private readonly object _company = new();
            private int _awaited = together;
            private int _left = together;
            private int _skip = skip;

            public string Name => name;

            public bool Means(string met) => key == "*" || key.Split(',').Any(k => met.Contains(k, StringComparison.Ordinal));

            public bool TryTake() => Interlocked.Decrement(ref _skip) < 0 && Interlocked.Decrement(ref _left) >= 0;

            public void Act(string met)
            {
                Note(met);
                switch (action)
                {
                    case "throw":
                        throw new FailpointException(name);
                    case "stall":
                        Block(length);
                        return;
                    default:
                        WaitForCompany();
                        using (var self = Process.GetCurrentProcess())
                        {
                            self.Kill();
                        }

                        Block(Timeout.InfiniteTimeSpan);
                        return;
                }
            }

            private void WaitForCompany()
            {
                lock (_company)
                {
                    if (--_awaited > 0)
                    {
                        Monitor.Wait(_company, length);
                        return;
                    }

                    Monitor.PulseAll(_company);
                }
            }

            private static void Block(TimeSpan length)
            {
                using var never = new ManualResetEventSlim();
                never.Wait(length);
            }

            private void Note(string met)
            {
                lock (Log)
                {
                    File.AppendAllText(Environment.GetEnvironmentVariable("FAILPOINTS_LOG") ?? Path.Combine(Path.GetTempPath(), "failpoints.log"), $"{name} {action} {key} {met}\n");
                }
            }
        }
    }
#endif
}

#if FAILPOINTS
internal sealed class FailpointException(string name) : Exception($"Failpoint {name}.");
#endif
