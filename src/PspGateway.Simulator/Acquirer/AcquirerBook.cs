using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using PspGateway.Simulator.Books;

namespace PspGateway.Simulator.Acquirer;

/// <param name="PaymentReference">the reference of the authorisation that the call makes or is about</param>
internal sealed record AcquirerCall(
    long Number, DateTimeOffset At, string Path, string? Reference, string? PaymentReference,
    string? IdempotencyKey, int Status, bool Replayed);

/// <summary>All authorisations and calls of the acquirer.</summary>
internal sealed class AcquirerBook(EntryLog log)
{
    private const string ReferenceLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

    private readonly ConcurrentDictionary<string, Authorisation> _byPspReference = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<(string Account, string Reference), ConcurrentQueue<Authorisation>> _byReference = new();
    private readonly ConcurrentDictionary<string, string> _cryptograms = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, string> _returns = new(StringComparer.Ordinal);
    private readonly ConcurrentQueue<AcquirerCall> _calls = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> _cancels = new(StringComparer.Ordinal);

    public static string NewPspReference() => RandomNumberGenerator.GetString(ReferenceLetters, 16);

    public Authorisation? Find(string pspReference) => _byPspReference.GetValueOrDefault(pspReference);

    public IEnumerable<Authorisation> All => _byPspReference.Values;

    public IReadOnlyList<Authorisation> FindByReference(string account, string reference) =>
        _byReference.TryGetValue((account, reference), out var found) ? [.. found] : [];

    public Authorisation Add(AuthorisationRequest request, bool cryptogramReused, AuthorisationStatus status, long authorised, string what)
    {
        var authorisation = new Authorisation(request, NewPspReference(), log) { CryptogramReused = cryptogramReused };
        authorisation.Open(status, authorised, what);
        _byPspReference[authorisation.PspReference] = authorisation;
        _byReference.GetOrAdd((request.MerchantAccount, request.Reference), _ => new ConcurrentQueue<Authorisation>())
            .Enqueue(authorisation);
        return authorisation;
    }

    /// <summary>A cryptogram is good for one call. Only its hash is kept.</summary>
    /// <returns>False when another call used it before.</returns>
    public bool TryUseCryptogram(string cryptogram, string call) =>
        _cryptograms.GetOrAdd(Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(cryptogram))), call) == call;

    /// <summary>Whose redirectResult it is.</summary>
    public void Remember(string redirectResult, string reference) => _returns[redirectResult] = reference;

    public void Note(string path, JsonElement? sent, string? idempotencyKey, int status, bool replayed)
    {
        // "/payments/{pspReference}/cancels"
        var original = path.Split('/') is [_, _, var pspReference, _] ? Find(pspReference)?.Request.Reference : null;
        var reference = sent?.Text("reference");
        var redirectResult = sent?.Member("details")?.Text("redirectResult");
        var paymentReference = original ?? sent?.Text("paymentReference") ?? reference ?? (redirectResult is null ? null : _returns.GetValueOrDefault(redirectResult));
        var entry = log.Add("acquirer", paymentReference ?? "", "call " + path, detail: $"status {status}, key {idempotencyKey}");
        if (paymentReference is not null && path.EndsWith("cancels", StringComparison.Ordinal))
        {
            Cancelled(paymentReference).TrySetResult();
        }

        _calls.Enqueue(new AcquirerCall(entry.Number, entry.At, path, reference, paymentReference, idempotencyKey, status, replayed));
    }

    /// <summary>Completes when a cancel of this authorisation was asked for, whether it exists or not.</summary>
    public Task CancelOf(string reference) => Cancelled(reference).Task;

    private TaskCompletionSource Cancelled(string reference) =>
        _cancels.GetOrAdd(reference, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));

    public IReadOnlyList<AuthorisationView> View(string? pspTransactionId) =>
        [.. _byPspReference.Values.Where(authorisation => IsOf(pspTransactionId, authorisation.Request.Reference))
            .Select(authorisation => authorisation.View()).OrderBy(view => view.History[0].Number)];

    public IReadOnlyList<AcquirerCall> Calls(string? pspTransactionId) =>
        [.. _calls.Where(call => IsOf(pspTransactionId, call.PaymentReference))];

    public static bool IsOf(string? pspTransactionId, string? reference) =>
        pspTransactionId is null || reference?.StartsWith(pspTransactionId + "-", StringComparison.Ordinal) == true;
}
