using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;
using PspGateway.Payments;
using PspGateway.Storage;
using PspGateway.Storage.Rows;

namespace PspGateway.Merchants;

/// <summary>Which request this is, of all that any merchant ever sends.</summary>
internal sealed record IdempotentRequest(string Merchant, string Scope, string Key, byte[] BodyHash)
{
    public const string Header = "Idempotency-Key";
    public const int MaxKeyLength = 50;

    /// <summary>Null when the header is missing, repeated, too long, or not plain text.</summary>
    public static IdempotentRequest? From(HttpRequest request, string merchant, string scope, ReadOnlySpan<byte> body) =>
        request.Headers[Header] is [{ Length: >= 1 and <= MaxKeyLength } key] && key.All(c => c is >= ' ' and <= '~')
            ? new IdempotentRequest(merchant, scope, key, SHA256.HashData(body))
            : null;
}

/// <summary>What is known of a request's key.</summary>
internal abstract record KeyState
{
    private KeyState()
    {
    }

    public sealed record Free : KeyState;

    /// <summary>Answered, or to be answered without doing anything.</summary>
    public sealed record Answered(StoredResponse Response) : KeyState;

    /// <summary>The lease of an earlier try is ours now: go on where it stopped.</summary>
    public sealed record Resume(Guid PaymentId, Guid? OperationId, long Generation) : KeyState;
}

/// <summary>
/// The Idempotency-Key. It is claimed in the transaction that stores the payment; its answer commits with the state it describes. A repeat
/// waits for a running request, and takes over one whose process is gone.
/// </summary>
internal sealed class Idempotency(IDbContextFactory<GatewayDbContext> contexts, IOptions<OperationOptions> options, TimeProvider time)
{
    private static readonly TimeSpan WaitAtMost = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(100);

    public async Task<KeyState> LookUpAsync(IdempotentRequest request, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var row = await db.IdempotencyKeys.AsNoTracking().SingleOrDefaultAsync(k => k.MerchantSerialNumber == request.Merchant && k.Scope == request.Scope && k.Key == request.Key, cancellationToken);
            switch (row)
            {
                case null:
                    return new KeyState.Free();
                case not null when !row.BodyHash.AsSpan().SequenceEqual(request.BodyHash):
                    return new KeyState.Answered(MerchantProblems.KeyWithOtherBody());
                case { StatusCode: { } status, ContentType: { } contentType, ResponseBody: { } body }:
                    return new KeyState.Answered(new StoredResponse(status, contentType, body));
                case { PaymentId: { } paymentId } when await TakeOverAsync(db, request, row.Generation, cancellationToken):
                    return new KeyState.Resume(paymentId, row.OperationId, row.Generation + 1);
            }

            if (time.GetElapsedTime(started) >= WaitAtMost)
            {
                return new KeyState.Answered(MerchantProblems.StillRunning().WithRetryAfter(5));
            }

            await Task.Delay(LookEvery, time, cancellationToken);
        }
    }

    /// <summary>The row that claims a key, to be stored with what it is claimed for.</summary>
    public IdempotencyKeyRow Claim(IdempotentRequest request, Guid paymentId, DateTimeOffset at, Guid? operationId = null) => new()
    {
        MerchantSerialNumber = request.Merchant,
        Scope = request.Scope,
        Key = request.Key,
        BodyHash = request.BodyHash,
        PaymentId = paymentId,
        OperationId = operationId,
        LeaseUntil = at + options.Value.Lease,
        Generation = 1,
        CreatedAt = at,
    };

    /// <summary>The row of a key that is answered at once, to be stored with the state that the answer describes.</summary>
    public static IdempotencyKeyRow Answered(IdempotentRequest request, Guid paymentId, StoredResponse response, DateTimeOffset at) => new()
    {
        MerchantSerialNumber = request.Merchant,
        Scope = request.Scope,
        Key = request.Key,
        BodyHash = request.BodyHash,
        PaymentId = paymentId,
        Generation = 1,
        StatusCode = response.Status,
        ContentType = response.ContentType,
        ResponseBody = response.Body,
        CreatedAt = at,
    };

    /// <summary>Stores a refusal. Two that came together may be refused in different words: the stored ones are everybody's answer.</summary>
    public async Task<StoredResponse> RefuseAsync(IdempotentRequest request, StoredResponse response, CancellationToken cancellationToken)
    {
        await StoreAsync(request, response, cancellationToken);
        return await LookUpAsync(request, cancellationToken) is KeyState.Answered answered ? answered.Response : response;
    }

    /// <summary>Stores an answer that describes no state, by a single insert. Whoever was faster stands.</summary>
    public async Task StoreAsync(IdempotentRequest request, StoredResponse response, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Database.ExecuteSqlAsync(
            $"""
            insert into idempotency_keys (merchant_serial_number, scope, key, body_hash, generation, status_code, content_type, response_body, created_at)
            values ({request.Merchant}, {request.Scope}, {request.Key}, {request.BodyHash}, 1, {response.Status}, {response.ContentType}, {response.Body}, clock_timestamp())
            on conflict do nothing
            """,
            cancellationToken);
    }

    /// <summary>Stores the answer in the caller's transaction. False: the lease was lost to another process, nothing may be committed.</summary>
    public static async Task<bool> AnswerAsync(GatewayDbContext db, IdempotentRequest request, long generation, StoredResponse response, CancellationToken cancellationToken) =>
        await Mine(db, request, generation).ExecuteUpdateAsync(
            set => set.SetProperty(k => k.StatusCode, response.Status).SetProperty(k => k.ContentType, response.ContentType).SetProperty(k => k.ResponseBody, response.Body).SetProperty(k => k.LeaseUntil, (DateTimeOffset?)null),
            cancellationToken) == 1;

    /// <summary>Gives the lease back, so that the same key resumes at once.</summary>
    public async Task ReleaseAsync(IdempotentRequest request, long generation, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await Mine(db, request, generation).ExecuteUpdateAsync(set => set.SetProperty(k => k.LeaseUntil, (DateTimeOffset?)null), cancellationToken);
    }

    private static IQueryable<IdempotencyKeyRow> Mine(GatewayDbContext db, IdempotentRequest request, long generation) => db.IdempotencyKeys
        .Where(k => k.MerchantSerialNumber == request.Merchant && k.Scope == request.Scope && k.Key == request.Key && k.Generation == generation && k.StatusCode == null);

    private async Task<bool> TakeOverAsync(GatewayDbContext db, IdempotentRequest request, long generation, CancellationToken cancellationToken) =>
        await db.Database.ExecuteSqlAsync(
            $"""
            update idempotency_keys set lease_until = clock_timestamp() + {options.Value.Lease}, generation = generation + 1
            where merchant_serial_number = {request.Merchant} and scope = {request.Scope} and key = {request.Key}
              and generation = {generation} and status_code is null and (lease_until is null or lease_until <= clock_timestamp())
            """,
            cancellationToken) == 1;
}
