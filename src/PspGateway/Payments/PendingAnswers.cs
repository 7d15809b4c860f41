using System.Collections.Concurrent;

namespace PspGateway.Payments;

/// <summary>The answers this process is working on, by payment. An entry lives until its operation needs this process no more.</summary>
internal sealed class PendingAnswers
{
    private readonly ConcurrentDictionary<Guid, PendingAnswer> _byPayment = new();

    public bool TryAdd(PendingAnswer answer) => _byPayment.TryAdd(answer.PaymentId, answer);

    public PendingAnswer? Find(Guid paymentId) => _byPayment.GetValueOrDefault(paymentId);

    public void Remove(PendingAnswer answer) => _byPayment.TryRemove(KeyValuePair.Create(answer.PaymentId, answer));
}
