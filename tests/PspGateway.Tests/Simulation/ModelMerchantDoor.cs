using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Tests.Simulation;

/// <summary>
/// The merchant's cancel of a payment that is not authorised, as Merchants/ModificationOrders decides it: the real one holds the payment's row by
/// Entity Framework, which has no place here. What is captured, refunded or
/// cancelled after the OK is accepted by the engine's own rules.
/// </summary>
internal sealed class ModelMerchantDoor(SimulatedStore store, ModelStore model, PendingAnswers answers, IWallet wallet, QueueSignal signal, TimeProvider time)
{
    private const int Tries = 100;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    /// <summary>A capture, a refund or the cancel of the rest; refused, or accepted whatever the merchant hears of it.</summary>
    public async Task OrderAsync(Guid paymentId, OperationKind kind, long? amountMinor)
    {
        try
        {
            await store.WriteAsync(() => model.Order(paymentId, kind, amountMinor), CancellationToken.None);
            signal.Set();
        }
        catch (NpgsqlException)
        {
            // The merchant has no answer. The order may be stored.
        }
    }

    public async Task<bool> CancelAsync(Guid paymentId)
    {
        var body = wallet.AnswerFail(new PspTransactionId(paymentId), DeclineReason.TooLate);
        try
        {
            for (var tries = 0; tries < Tries; tries++)
            {
                var ended = await store.WriteAsync(() => model.EndByMerchant(paymentId, body), CancellationToken.None);
                if (ended is MerchantEnd.Overruled overruled)
                {
                    answers.Find(paymentId)?.Decide(new StoredAnswer(overruled.OperationId, Answer.Fail, body));
                    signal.Set();
                }

                if (ended is not MerchantEnd.NotYet)
                {
                    return ended is MerchantEnd.Ended or MerchantEnd.Overruled;
                }

                await Task.Delay(LookEvery, time);
            }
        }
        catch (NpgsqlException)
        {
            // The merchant has no answer, and has been promised nothing.
        }

        return false;
    }
}
