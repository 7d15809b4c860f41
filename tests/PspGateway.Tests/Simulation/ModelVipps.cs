using System.Text;
using System.Text.Json.Nodes;
using PspGateway.Tests.Vipps;

namespace PspGateway.Tests.Simulation;

/// <summary>What a payment has come to in Vipps' eyes.</summary>
internal enum VippsVerdict
{
    Open,
    Ok,
    Fail,

    /// <summary>The customer or the clock ended it; the PSP is told until it answers.</summary>
    Ended,
}

internal sealed class VippsView(Guid payment, string token)
{
    public Guid Payment => payment;

    public string Token => token;

    public VippsVerdict Verdict { get; set; }

    public long PostedAt { get; set; } = -1;

    /// <summary>Calls that have had no answer.</summary>
    public int Unanswered { get; set; }

    public long? FailAt { get; set; }

    /// <summary>Some call has been answered FAIL, whether or not that arrived.</summary>
    public bool FailLeft { get; set; }

    /// <summary>Some call has had an OK.</summary>
    public bool OkLeft { get; set; }

    /// <summary>Some OK has left on a line that carried it, for all that the gateway can know.</summary>
    public bool OkDelivered { get; set; }

    /// <summary>An OK had left, and was lost without a word, when a repeat was answered FAIL: a person is called (2408).</summary>
    public bool OkWasLost { get; set; }

    public SimulatedProcess? FailBy { get; set; }

    /// <summary>The merchant has tried to cancel it.</summary>
    public bool MerchantCancels { get; set; }

    /// <summary>The merchant was told that it is cancelled.</summary>
    public bool MerchantEnded { get; set; }
}

/// <summary>Posts to makePayment as Vipps does, again when no answer came, and ends what is not answered in 15 s.</summary>
internal sealed class ModelVipps(Scheduler scheduler, Func<Replica?> anyReplica, double brokenLines, Action<string> breach, Action<VippsView> okLeaves)
{
    private static readonly TimeSpan GivesUp = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan AnswerBy = TimeSpan.FromSeconds(12);

    public void Approve(VippsView view)
    {
        view.PostedAt = scheduler.Now;
        Post(view, "ACCEPTED", again: 3);
        scheduler.After(GivesUp, () =>
        {
            if (view.Verdict == VippsVerdict.Open)
            {
                if (view.FailAt is not null && view.Unanswered == 0)
                {
                    view.Verdict = VippsVerdict.Fail;
                }
                else
                {
                    End(view, "TIMEOUT");
                }
            }
        });
    }

    /// <summary>The customer or the clock ends it: whatever is answered to an approval from now on is not taken.</summary>
    public void End(VippsView view, string state)
    {
        if (view.Verdict == VippsVerdict.Open)
        {
            view.Verdict = VippsVerdict.Ended;
            scheduler.Tell($"{view.Token}: vipps ends it, {state}");
            Post(view, state, again: 200);
        }
    }

    public void Post(VippsView view, string state, int again)
    {
        var postedAt = scheduler.Now;
        view.Unanswered++;
        if (anyReplica() is not { } replica)
        {
            Again();
            return;
        }

        var gone = new CancellationTokenSource();
        var line = !scheduler.Chance(brokenLines) ? Line.Fine : (Line)(1 + scheduler.Below(4));
        var answered = false;
        var firstRead = scheduler.Now;

        // The kernel, which tells when the call came. Not always: it may have lain elsewhere before.
        long? came = scheduler.Chance(0.8) ? postedAt : null;
        if (line == Line.ClientGone)
        {
            scheduler.After(scheduler.Between(0, 12), gone.Cancel);
        }

        // Vipps waits no longer.
        scheduler.After(GivesUp, gone.Cancel);
        var answer = new AnswerStream(bytes =>
        {
            var text = Encoding.UTF8.GetString(bytes);
            var status = JsonNode.Parse(text)!["paymentInfo"]!["status"]!.GetValue<string>();

            // What was delivered once may be said again later.
            var took = TimeSpan.FromTicks(scheduler.Now - (status == "OK" && !view.OkDelivered ? came ?? firstRead : firstRead));
            scheduler.Tell($"{view.Token}: {replica.Process.Name} answers {state} with {status}, line {line}");
            if (took > AnswerBy && (status == "OK" || !WasStopped(replica, firstRead)))
            {
                breach($"I11: {status} after {took.TotalSeconds:0.000} s");
            }

            if (status == "OK")
            {
                if (!view.OkLeft && view.FailAt < postedAt && view.FailBy == replica.Process)
                {
                    breach("I9: OK to a call that was posted after the same process had answered FAIL");
                }

                view.OkLeft = true;
                view.OkDelivered |= line is not (Line.BreaksBefore or Line.BreaksAfter) && !gone.IsCancellationRequested;
                okLeaves(view);
            }

            view.FailLeft |= status == "FAIL";

            if (line is Line.Fine or Line.BreaksAfter && !gone.IsCancellationRequested)
            {
                answered = true;
                scheduler.After(scheduler.Between(0.001, 0.05), () => Receive(view, state, status, postedAt, replica));
            }

            return line is Line.BreaksBefore or Line.BreaksAfter;
        });
        replica.MakePayment(view.Payment, view.Token, Body(view.Payment, state), came, answer, () => firstRead = scheduler.Now, Ended, gone.Token);

        // A line that broke is seen soon, one that went silent never is.
        scheduler.After(line == Line.Fine ? TimeSpan.FromSeconds(14.5) : scheduler.Between(0.5, 14), () =>
        {
            if (!answered)
            {
                Again();
            }
        });

        void Ended(int code)
        {
            if (code != 200 && !gone.IsCancellationRequested)
            {
                breach($"I11: HTTP {code} to {state}");
            }
        }

        void Again()
        {
            if (again > 0 && (state != "ACCEPTED" || view.Verdict == VippsVerdict.Open))
            {
                scheduler.After(scheduler.Between(0.1, 3), () =>
                {
                    if (state != "ACCEPTED" || view.Verdict == VippsVerdict.Open)
                    {
                        Post(view, state, again - 1);
                    }
                });
            }
        }
    }

    private void Receive(VippsView view, string state, string status, long postedAt, Replica replica)
    {
        view.Unanswered--;
        if (state != "ACCEPTED")
        {
            return;
        }

        if (status == "OK" && view.Verdict == VippsVerdict.Open)
        {
            // A call that was made after a FAIL was heard does not override it.
            view.Verdict = view.FailAt < postedAt ? VippsVerdict.Fail : VippsVerdict.Ok;
        }

        if (status == "FAIL")
        {
            // Another replica does not know of it as long as the database cannot be told.
            view.OkWasLost |= view.Verdict == VippsVerdict.Open && view.OkLeft;
            view.FailAt ??= scheduler.Now;
            view.FailBy ??= replica.Process;
        }
    }

    /// <summary>A process that was stopped answers when it goes on: nobody could make it do so before.</summary>
    private static bool WasStopped(Replica replica, long since) => replica.StoppedLast >= since;

    private static byte[] Body(Guid payment, string state)
    {
        var id = payment.ToString("N");
        var call = state == "ACCEPTED" ? AMakePaymentCall.Accepted() : AMakePaymentCall.Bare().With("paymentState", state);
        return Encoding.UTF8.GetBytes(call.With("pspTransactionId", id).ToJson());
    }

    private enum Line
    {
        Fine,

        /// <summary>Both ends learn that the answer did not arrive.</summary>
        BreaksBefore,

        /// <summary>It arrived, and the gateway is told that it broke.</summary>
        BreaksAfter,

        /// <summary>It went silent: the gateway believes that the answer arrived.</summary>
        Silent,

        ClientGone,
    }

    private sealed class AnswerStream(Func<byte[], bool> written) : MemoryStream
    {
        public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
            written(buffer.ToArray()) ? ValueTask.FromException(new IOException("The line broke.")) : ValueTask.CompletedTask;
    }
}
