using PspGateway.Simulator.Books;

namespace PspGateway.Simulator.Acquirer;

internal enum AuthorisationStatus
{
    AUTHORISED,
    CANCELLED,
    REFUSED,
    PENDING,
}

internal sealed record AuthorisationRequest(
    string MerchantAccount, string Reference, long Amount, string Currency, string Brand, string LastFour, string? IdempotencyKey);

/// <summary>Money held on a card, or a refusal to hold it. A change that is not possible says why and changes nothing.</summary>
internal sealed class Authorisation(AuthorisationRequest request, string pspReference, EntryLog log)
{
    private readonly Lock _gate = new();
    private readonly List<BookEntry> _history = [];
    private AuthorisationStatus _status;
    private long _authorised;
    private long _captured;
    private long _cancelled;
    private long _refunded;
    private bool _cancelledByRequest;
    private readonly Dictionary<string, DoneModification> _done = new(StringComparer.Ordinal);

    public AuthorisationRequest Request => request;

    public string PspReference => pspReference;

    public bool CryptogramReused { get; init; }

    public void Open(AuthorisationStatus status, long authorised, string what)
    {
        lock (_gate)
        {
            _status = status;
            _authorised = authorised;
            Note(what, authorised);
        }
    }

    /// <summary>What was Pending is authorised, unless it was cancelled meanwhile.</summary>
    public bool TryAuthorisePending()
    {
        lock (_gate)
        {
            if (_status != AuthorisationStatus.PENDING)
            {
                return false;
            }

            _status = AuthorisationStatus.AUTHORISED;
            _authorised = request.Amount;
            Note("AUTHORISED", request.Amount);
            return true;
        }
    }

    /// <param name="keepsRest">False: the account captures once, and lets go of what is left.</param>
    public string? Capture(long amount, bool keepsRest)
    {
        lock (_gate)
        {
            if (_status != AuthorisationStatus.AUTHORISED || amount > _authorised - _captured - _cancelled)
            {
                return Refuse("CAPTURE", amount, "Insufficient balance on payment");
            }

            _captured += amount;
            Note("CAPTURE", amount);
            if (!keepsRest && _authorised > _captured + _cancelled)
            {
                Note("RELEASED", _authorised - _captured - _cancelled);
                _cancelled = _authorised - _captured;
            }

            return null;
        }
    }

    public string? Refund(long amount)
    {
        lock (_gate)
        {
            if (amount > _captured - _refunded)
            {
                return Refuse("REFUND", amount, "Insufficient balance on payment");
            }

            _refunded += amount;
            Note("REFUND", amount);
            return null;
        }
    }

    /// <summary>Remembers what took effect under a name of the caller's, so that it can be undone later.</summary>
    public void Remember(string reference, DoneModification done)
    {
        lock (_gate)
        {
            _done[reference] = done;
        }
    }

    /// <summary>A capture or refund that took effect is undone, days later as it were.</summary>
    /// <returns>Null when there is none of that name.</returns>
    public DoneModification? Undo(string reference, string what)
    {
        lock (_gate)
        {
            if (!_done.Remove(reference, out var done))
            {
                return null;
            }

            _captured -= done.EventCode == "CAPTURE" ? done.Amount : 0;
            _refunded -= done.EventCode == "REFUND" ? done.Amount : 0;
            Note(what, done.Amount, reference);
            return done;
        }
    }

    /// <summary>Cancels what is not captured: all of it, or the rest after a capture in parts.</summary>
    public string? Cancel(string what)
    {
        lock (_gate)
        {
            var rest = _authorised - _captured - _cancelled;
            if (_status == AuthorisationStatus.PENDING)
            {
                _status = AuthorisationStatus.CANCELLED;
            }
            else if (_status != AuthorisationStatus.AUTHORISED || rest == 0)
            {
                return Refuse(what, rest,
                    _status == AuthorisationStatus.CANCELLED ? "Transaction was already cancelled" : "Transaction is not cancellable");
            }

            _cancelledByRequest = true;
            _cancelled += rest;
            _status = _captured == 0 ? AuthorisationStatus.CANCELLED : _status;
            Note(what, rest);
            return null;
        }
    }

    /// <summary>A cancel by our reference: one that comes after another cancel has what it wants.</summary>
    public string? TechnicalCancel()
    {
        lock (_gate)
        {
            return _cancelledByRequest ? null : Cancel("TECHNICAL_CANCEL");
        }
    }

    /// <summary>Cancel when nothing is captured, else refund everything and cancel the rest.</summary>
    public (string Action, string? Refusal) Reverse()
    {
        lock (_gate)
        {
            if (_captured == 0)
            {
                return ("cancel", Cancel("CANCEL_OR_REFUND"));
            }

            var held = _captured - _refunded;
            if (held == 0)
            {
                return ("refund", Refuse("CANCEL_OR_REFUND", 0, "Insufficient balance on payment"));
            }

            _cancelled = _authorised - _captured;
            _refunded = _captured;
            Note("CANCEL_OR_REFUND", held);
            return ("refund", null);
        }
    }

    public AuthorisationView View()
    {
        lock (_gate)
        {
            return new AuthorisationView(pspReference, request.Reference, request.MerchantAccount,
                request.Amount, request.Currency, _status.ToString(),
                _status == AuthorisationStatus.AUTHORISED && _authorised > _cancelled, _authorised, _captured, _cancelled, _refunded,
                request.Brand, "**** " + request.LastFour, request.IdempotencyKey, CryptogramReused, [.. _history]);
        }
    }

    private string Refuse(string what, long amount, string why)
    {
        Note(what + " refused", amount, why);
        return why;
    }

    private void Note(string what, long? amount = null, string? detail = null) =>
        _history.Add(log.Add("acquirer", pspReference, what, amount, detail, request.Reference));
}

internal sealed record DoneModification(string EventCode, string PspReference, long Amount);

internal sealed record AuthorisationView(
    string PspReference,
    string Reference,
    string MerchantAccount,
    long Amount,
    string Currency,
    string Status,
    bool Live,
    long Authorised,
    long Captured,
    long Cancelled,
    long Refunded,
    string Brand,
    string Card,
    string? IdempotencyKey,
    bool CryptogramReused,
    IReadOnlyList<BookEntry> History);
