using System.Text.Json;
using PspGateway.Simulator.Books;

namespace PspGateway.Simulator.Vipps;

internal enum VippsState
{
    INITIATED,
    RESERVED,
    FAILED,
    STEP_UP,
    TIMED_OUT,
    CANCELLED_BY_USER,
}

internal sealed record InitRequest(
    string PspTransactionId,
    string MerchantOrderId,
    long Amount,
    string Currency,
    string PspRedirectUrl,
    string MakePaymentUrl,
    string? MakePaymentToken,
    string? PaymentText,
    bool IsApp,
    bool SkipLandingPage,
    JsonElement Sent);

internal sealed record StatusReport(string Operation, long Amount, string? PaymentText, bool Success, DateTimeOffset At);

/// <summary>What Vipps knows of one payment. Vipps keeps no money: reports are noted as they come, without a check.</summary>
internal sealed class VippsPayment(InitRequest init, string merchantSerialNumber, string landingToken, EntryLog log)
{
    private readonly Lock _gate = new();
    private readonly List<BookEntry> _history = [];
    private readonly List<StatusReport> _reports = [];
    private int _initCalls = 1;
    private int _underWay;
    private int _atPhone;

    public InitRequest Init => init;

    public string MerchantSerialNumber => merchantSerialNumber;

    public string LandingToken => landingToken;

    public VippsState State { get; private set; } = VippsState.INITIATED;

    /// <summary>Where the simulator itself is reached.</summary>
    public Uri Home { get; set; } = new("https://vipps.no");

    /// <summary>Where the gateway's last SOFT_DECLINE sends the customer.</summary>
    public string? Url3dSecure { get; private set; }

    /// <summary>The last makePayment body, so that the very same bytes can be posted again.</summary>
    public byte[]? LastPost { get; set; }

    /// <summary>The card chosen on the phone. It stays: after a step-up the bank expects the same one.</summary>
    public string? Card { get; set; }

    /// <summary>Runs out when nobody approves.</summary>
    public IDisposable? Timeout { get; set; }

    public int InitCalls => _initCalls;

    public bool AwaitsCustomer => State is VippsState.INITIATED or VippsState.STEP_UP;

    public void CountInit() => Interlocked.Increment(ref _initCalls);

    /// <summary>One person, one thumb: a second tap while the first waits for its answer posts nothing.</summary>
    public bool TryTakePhone() => Interlocked.Exchange(ref _atPhone, 1) == 0;

    public void PutPhoneDown() => Volatile.Write(ref _atPhone, 0);

    /// <summary>A call to makePayment leaves.</summary>
    public void Call(string state)
    {
        Interlocked.Increment(ref _underWay);
        Note("makePayment " + state, init.Amount);
    }

    /// <returns>Whether no other call waits for its answer.</returns>
    public bool EndCall() => Interlocked.Decrement(ref _underWay) == 0;

    public void Note(string what, long? amount = null, string? detail = null)
    {
        lock (_gate)
        {
            _history.Add(log.Add("vipps", init.PspTransactionId, what, amount, detail));
        }
    }

    /// <summary>
    /// Takes the result of a makePayment call. The first result of an approval stands (Vipps, 2019: a second call should not override it);
    /// TIMEOUT and USER_CANCEL tell what happened at Vipps itself, so they always stand.
    /// </summary>
    public void Settle(VippsState state, bool byVipps, string? url3dSecure, string detail)
    {
        lock (_gate)
        {
            if (byVipps || AwaitsCustomer)
            {
                State = state;
                Url3dSecure = url3dSecure ?? Url3dSecure;
                _history.Add(log.Add("vipps", init.PspTransactionId, state.ToString(), init.Amount, detail));
            }
            else
            {
                _history.Add(log.Add("vipps", init.PspTransactionId, $"{state} ignored", init.Amount, detail));
            }

            if (State is not VippsState.INITIATED)
            {
                Timeout?.Dispose();
            }
        }
    }

    public void Report(StatusReport report)
    {
        lock (_gate)
        {
            _reports.Add(report);
            var what = report.Success ? $"reported {report.Operation}" : $"reported {report.Operation} FAILED";
            _history.Add(log.Add("vipps", init.PspTransactionId, what, report.Amount, report.PaymentText));
        }
    }

    public ReportedView Reported()
    {
        lock (_gate)
        {
            return new ReportedView(Sum("RESERVED"), Sum("CAPTURED"), Sum("CANCELLED"), Sum("REFUNDED"),
                _reports.Count(report => !report.Success));
        }
    }

    public IReadOnlyList<StatusReport> Reports()
    {
        lock (_gate)
        {
            return [.. _reports];
        }
    }

    public VippsPaymentView View()
    {
        lock (_gate)
        {
            return new VippsPaymentView(init.PspTransactionId, merchantSerialNumber, init.MerchantOrderId, init.Amount, init.Currency,
                State.ToString(), Reported(), [.. _history]);
        }
    }

    private ReportedSum Sum(string operation)
    {
        var reports = _reports.Where(report => report.Success && report.Operation == operation).ToList();
        return new ReportedSum(reports.Sum(report => report.Amount), reports.Count);
    }
}

internal sealed record ReportedSum(long Amount, int Count);

internal sealed record ReportedView(ReportedSum Reserved, ReportedSum Captured, ReportedSum Cancelled, ReportedSum Refunded, int Failed);

internal sealed record VippsPaymentView(
    string PspTransactionId,
    string MerchantSerialNumber,
    string MerchantOrderId,
    long Amount,
    string Currency,
    string State,
    ReportedView Reported,
    IReadOnlyList<BookEntry> History);
