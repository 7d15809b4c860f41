using PspGateway.Domain.Operations;
using PspGateway.Storage.Queue;

namespace PspGateway.Payments;

/// <summary>How an accept ended.</summary>
internal enum AcceptVerdict
{
    Taken,

    /// <summary>The payment was not waiting for a token any more: read it and answer as it stands.</summary>
    MovedOn,

    /// <summary>Surely nothing was written, so nothing was sent.</summary>
    NotWritten,

    /// <summary>It may be committed; nothing was sent.</summary>
    Lost,
}

/// <summary>An answer that this process is working on: the request that accepted waits for it, repeats join it.</summary>
internal sealed class PendingAnswer(Guid paymentId, Guid operationId, AnswerDeadline deadline)
{
    /// <summary>The generation an accept's insert gives; a recovering replica's is higher, and then nothing of ours is written any more.</summary>
    public const long Generation = 1;

    // Whoever waits goes on where it is told: another thread would have to be woken for it, and nothing is held meanwhile.
    private readonly TaskCompletionSource<AcceptVerdict> _accepted = new();
    private readonly TaskCompletionSource<StoredAnswer> _decided = new();
    private readonly TaskCompletionSource _settled = new();
    private readonly TaskCompletionSource<bool> _delivered = new();
    private int _failWentOut;
    private int _mayHaveBeenSent;

    public Guid PaymentId { get; } = paymentId;

    public Guid OperationId { get; } = operationId;

    public AnswerDeadline Deadline { get; } = deadline;

    public Task<AcceptVerdict> Accepted => _accepted.Task;

    /// <summary>Completes when an answer is confirmed as stored.</summary>
    public Task<StoredAnswer> Decided => _decided.Task;

    /// <summary>Completes when the answer is decided, or when it never will be here, since nothing was accepted.</summary>
    public Task Settled => _settled.Task;

    /// <summary>True once the OK's delivered mark is stored; false when it never will be.</summary>
    public Task<bool> Delivered => _delivered.Task;

    /// <summary>The latch of ENGINE 8: FAIL has gone out without being stored, so that nothing may decide OK any more.</summary>
    public bool FailWentOut => Volatile.Read(ref _failWentOut) == 1;

    /// <summary>That FAIL lies in a file until it is stored.</summary>
    public bool IsKept { get; set; }

    /// <summary>What that FAIL said.</summary>
    public DeclineReason FailReason { get; private set; } = DeclineReason.TooLate;

    /// <summary>True as long as no byte can have left for the acquirer.</summary>
    public bool NothingSent => Volatile.Read(ref _mayHaveBeenSent) == 0;

    public void Accept(AcceptVerdict verdict)
    {
        if (_accepted.TrySetResult(verdict) && verdict != AcceptVerdict.Taken)
        {
            _settled.TrySetResult();
        }
    }

    public void Decide(StoredAnswer answer)
    {
        _decided.TrySetResult(answer);
        _settled.TrySetResult();
    }

    public void LatchFail(DeclineReason reason = DeclineReason.TooLate)
    {
        FailReason = reason;
        Interlocked.Exchange(ref _failWentOut, 1);
    }

    /// <summary>
    /// Asks whether an authorise may leave now. A full fence on each side: either this sees the latch, or whoever latched sees that
    /// something may have been sent.
    /// </summary>
    public bool TrySend()
    {
        Interlocked.Exchange(ref _mayHaveBeenSent, 1);
        if (Interlocked.CompareExchange(ref _failWentOut, 0, 0) == 0 && !Decided.IsCompleted && Deadline.IsOpen)
        {
            return true;
        }

        Interlocked.Exchange(ref _mayHaveBeenSent, 0);
        return false;
    }

    public void MarkDelivered(bool delivered) => _delivered.TrySetResult(delivered);
}
