using Npgsql;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Queue;

namespace PspGateway.Tests.Simulation;

/// <summary>
/// The merchant's cancel of a payment that is not authorised, as Merchants/ModificationOrders decides it: the real one holds the payment's row by
/// Entity Framework, which has no place here. What is captured, refunded or cancelled after the OK is left to the other proofs.
/// </summary>
internal sealed class ModelMerchantDoor(SimulatedStore store, ModelStore model, PendingAnswers answers, IWallet wallet, QueueSignal signal, TimeProvider time)
{
    private const int Tries = 100;
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

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
