using System.Threading.Channels;
using Microsoft.Extensions.Options;

namespace PspGateway.Simulator.Vipps;

/// <summary>MakePayment calls that no request waits for: forced approvals, and TIMEOUT when nobody acts.</summary>
internal sealed class Approvals(MakePaymentCall call, Timeline timeline, IOptions<SimulatorOptions> options) : BackgroundService
{
    private const int AtOnce = 512;

    private readonly Channel<(VippsPayment Payment, MakePaymentOrder Order)> _waiting =
        Channel.CreateBounded<(VippsPayment, MakePaymentOrder)>(100_000);

    public bool TryApproveLater(VippsPayment payment) => _waiting.Writer.TryWrite((payment, MakePaymentOrder.Approval(payment)));

    public void StartClock(VippsPayment payment) => payment.Timeout = timeline.After(options.Value.ApprovalTimeout, () =>
    {
        if (payment.State is VippsState.INITIATED)
        {
            _waiting.Writer.TryWrite((payment, new MakePaymentOrder { PaymentState = "TIMEOUT" }));
        }
    });

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Parallel.ForEachAsync(
        _waiting.Reader.ReadAllAsync(stoppingToken),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = stoppingToken },
        async (waiting, cancellationToken) => await call.PostAsync(waiting.Payment, waiting.Order, cancellationToken));
}
