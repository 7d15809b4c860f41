using PspGateway.Domain;
using PspGateway.Domain.Operations;
using PspGateway.Domain.Payments;
using PspGateway.Storage.Rows;

namespace PspGateway.Tests.Simulation;

internal sealed class ModelPayment
{
    public required Guid Id { get; init; }

    public required Money Amount { get; init; }

    public required byte[] TokenHash { get; init; }

    public string MerchantSerialNumber { get; init; } = "123456";

    public string Account { get; init; } = "TheAccount";

    public PaymentState State { get; set; } = PaymentState.Initiated;

    public Guid? AuthoriseOperationId { get; set; }

    public long CapturedMinor { get; set; }

    public long RefundedMinor { get; set; }

    public long AuthorisedMinor { get; set; }

    public long CancelledMinor { get; set; }

    public long? ExpiresAt { get; init; }

    /// <summary>Why it ended, where no authorise did it.</summary>
    public string? Reason { get; private set; }

    public Balance Balance => new(AuthorisedMinor, CapturedMinor, CancelledMinor, RefundedMinor);

    public bool Because(string reason)
    {
        Reason = reason;
        return true;
    }
}

/// <summary>Times are ticks of the store's own clock.</summary>
internal sealed class ModelOperation
{
    public required Guid Id { get; init; }

    public required ModelPayment Payment { get; init; }

    public required OperationKind Kind { get; init; }

    public required string Reference { get; init; }

    public required OperationStatus Status { get; set; }

    public int Number { get; init; } = 1;

    /// <summary>Of a capture, refund or cancel; else the payment's.</summary>
    public long? AmountMinor { get; init; }

    public string? AcquirerReference { get; set; }

    public ModelOperation? Reverses { get; init; }

    public int Tries { get; set; }

    public int LadderBase { get; set; }

    public long LadderStartedAt { get; set; }

    public long? DueAt { get; set; }

    public long? LeaseUntil { get; set; }

    public long Generation { get; set; }

    public Answer? Answer { get; set; }

    public byte[]? Body { get; set; }

    public long? AnswerDue { get; init; }

    /// <summary>Of a capture, refund or cancel: a try may have arrived.</summary>
    public bool Sent { get; set; }

    public long? DeliveredAt { get; set; }

    public bool Delivered => DeliveredAt is not null;

    public bool Finished { get; set; }

    public string? ParkedWhy { get; set; }

    public bool IsModification => Kind is OperationKind.Capture or OperationKind.Refund or OperationKind.Cancel;

    public string IdempotencyKey => Id.ToString("N");

    /// <summary>The unique key of an open Reverse, with its authorise.</summary>
    public string? OpenReversal => Kind == OperationKind.Reverse && !Finished ? AcquirerReference ?? "" : null;
}

internal sealed class ModelNotification
{
    public required NotificationKind Kind { get; init; }

    public required string PspReference { get; init; }

    public required string MerchantReference { get; init; }

    public required bool Success { get; init; }

    public string? OriginalReference { get; init; }

    public required Money Amount { get; init; }

    public string Account { get; init; } = "TheAccount";

    public long ReceivedAt { get; set; }

    public long? DueAt { get; set; }

    public int Tries { get; set; }
}

/// <summary>What became of a merchant's cancel.</summary>
internal abstract record MerchantEnd
{
    private MerchantEnd()
    {
    }

    public sealed record Ended : MerchantEnd;

    public sealed record Overruled(Guid OperationId) : MerchantEnd;

    /// <summary>An OK is decided and not known to be delivered.</summary>
    public sealed record NotYet : MerchantEnd;

    /// <summary>It is authorised, or over.</summary>
    public sealed record Refused : MerchantEnd;
}
