using PspGateway.Domain.Operations;

namespace PspGateway.Domain.Payments;

/// <summary>A payment and its life. State changes only by <see cref="Move"/>, which writes the history line of the move.</summary>
public sealed class Payment
{
    private readonly List<PaymentEvent> _events = [];

    private Payment()
    {
    }

    /// <summary>The key, and as 32 hex digits the pspTransactionId.</summary>
    public required Guid Id { get; init; }

    public required string MerchantSerialNumber { get; init; }

    /// <summary>The merchant's own reference, unique per merchant.</summary>
    public required string Reference { get; init; }

    public required long AmountMinor { get; init; }

    public required Currency Currency { get; init; }

    public required UserFlow UserFlow { get; init; }

    public PaymentState State { get; private set; }

    public string? Description { get; init; }

    /// <summary>Where the customer is sent when all is said, on an origin registered for the merchant.</summary>
    public string? ReturnUrl { get; init; }

    /// <summary>The unguessable part of our own return page's address.</summary>
    public required string ReturnReference { get; init; }

    /// <summary>The merchant's account at the acquirer when the payment was made; used for all its operations.</summary>
    public required string AcquirerAccount { get; init; }

    /// <summary>The customer's phone number, sealed under the vault's field key.</summary>
    public byte[]? SealedPhoneNumber { get; init; }

    /// <summary>The merchant's metadata as it came, a JSON object of strings.</summary>
    public string? MetadataJson { get; init; }

    /// <summary>The Vipps-System headers of the create call, as JSON, for support.</summary>
    public string? ClientSystemJson { get; init; }

    /// <summary>Which key signed the callback token, so that every try of init sends the identical one (ENGINE 20).</summary>
    public required string CallbackKeyId { get; init; }

    public required DateTimeOffset CallbackExpiresAt { get; init; }

    /// <summary>SHA-256 of the callback token issued for this payment.</summary>
    public required byte[] CallbackTokenHash { get; init; }

    /// <summary>Where Vipps wants the customer to go, from init's answer.</summary>
    public string? RedirectUrl { get; private set; }

    /// <summary>First six digits of the card behind the token, as Vipps sent them.</summary>
    public string? CardBin { get; private set; }

    /// <summary>The authorise operation whose answer counts, once a token was accepted.</summary>
    public Guid? AuthoriseOperationId { get; private set; }

    public long AuthorisedMinor { get; private set; }

    public long CapturedMinor { get; private set; }

    public long CancelledMinor { get; private set; }

    public long RefundedMinor { get; private set; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>Until when an approval may come: 15 minutes after init was answered, else after the insert (ENGINE 21).</summary>
    public DateTimeOffset ExpiresAt { get; private set; }

    public uint RowVersion { get; private set; }

    public IReadOnlyList<PaymentEvent> Events => _events;

    public Money Amount => new(AmountMinor, Currency);

    public Balance Balance => new(AuthorisedMinor, CapturedMinor, CancelledMinor, RefundedMinor);

    public PspTransactionId PspTransactionId => new(Id);

    public static Payment Create(NewPayment details, DateTimeOffset at, TimeSpan expireAfter)
    {
        ArgumentNullException.ThrowIfNull(details);
        var payment = new Payment
        {
            Id = details.Id.Value,
            MerchantSerialNumber = details.MerchantSerialNumber.Value,
            Reference = details.Reference.Value,
            AmountMinor = details.Amount.MinorUnits,
            Currency = details.Amount.Currency,
            UserFlow = details.UserFlow,
            Description = details.Description,
            ReturnUrl = details.ReturnUrl,
            ReturnReference = details.ReturnReference,
            AcquirerAccount = details.AcquirerAccount,
            SealedPhoneNumber = details.SealedPhoneNumber,
            MetadataJson = details.MetadataJson,
            ClientSystemJson = details.ClientSystemJson,
            CallbackKeyId = details.CallbackKeyId,
            CallbackExpiresAt = details.CallbackExpiresAt,
            CallbackTokenHash = details.CallbackTokenHash,
            CreatedAt = at,
            ExpiresAt = at + expireAfter,
        };
        payment._events.Add(PaymentEvent.Record(payment.Id, PaymentEventName.Created, payment.Amount, at, idempotencyKey: details.IdempotencyKey));
        return payment;
    }

    /// <summary>Stores init's answer. A payment that has moved on (its token was faster) keeps its state.</summary>
    public void StoreInitAnswer(string? redirectUrl, DateTimeOffset at, TimeSpan expireAfter)
    {
        RedirectUrl = redirectUrl;
        if (State == PaymentState.Created)
        {
            ExpiresAt = at + expireAfter;
            Move(PaymentMove.Initiate, PaymentEventName.Initiated, at);
        }
    }

    /// <summary>Counts an accepted capture, refund or cancel in the amounts, before the acquirer is asked (ENGINE 18).</summary>
    /// <exception cref="InvalidOperationException">There is not as much: <see cref="ModificationRules"/> was not asked.</exception>
    public void Reserve(OperationKind kind, Money amount)
    {
        CapturedMinor = checked(CapturedMinor + (kind == OperationKind.Capture ? amount.MinorUnits : 0));
        CancelledMinor = checked(CancelledMinor + (kind == OperationKind.Cancel ? amount.MinorUnits : 0));
        RefundedMinor = checked(RefundedMinor + (kind == OperationKind.Refund ? amount.MinorUnits : 0));
        if (amount.Currency != Currency || !Balance.Holds)
        {
            throw new InvalidOperationException($"Payment {Id:N} has no {amount} left for a {kind}.");
        }
    }

    /// <summary>Makes a move and records it.</summary>
    /// <exception cref="IllegalMoveException">The table has no such move from here.</exception>
    public void Move(PaymentMove move, PaymentEventName name, DateTimeOffset at, bool success = true, string? reason = null, string? idempotencyKey = null)
    {
        State = PaymentMoves.Next(State, move) ?? throw new IllegalMoveException(nameof(Payment), Id, $"{State}", $"{move}");
        _events.Add(PaymentEvent.Record(Id, name, Amount, at, success, reason, idempotencyKey));
    }
}
