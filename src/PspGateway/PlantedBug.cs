using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using PspGateway.Payments;
using PspGateway.Storage.Queue;
#if FAILPOINTS
using PspGateway.Domain.Operations;
#endif

namespace PspGateway;

/// <summary>
/// Twelve bugs that would lose money or secrets, one of which PLANTED_BUG may name. They exist in the Failpoints build alone, so that the
/// proofs can show that they would notice each (CONTRIBUTING.md, "Proofs").
/// </summary>
internal static class PlantedBug
{
    /// <summary>skip-the-fence, forget-to-erase, leases-by-local-clock, keep-a-failed-amount: in the text of a statement.</summary>
    [Conditional("FAILPOINTS")]
    public static void InStatement(ref string sql)
    {
#if FAILPOINTS
        sql = Name switch
        {
            "skip-the-fence" => sql
                .Replace("and o.generation = x.generation and o.status in ('InFlight', 'Unknown')", "", StringComparison.Ordinal)
                .Replace("and l.answer is null and l.state = @accepted and clock_timestamp() < l.answer_due as ok", "as ok", StringComparison.Ordinal)
                .Replace("answer = coalesce(o.answer, case when d.ok then 'Ok' else 'Fail' end)", "answer = case when d.ok then 'Ok' else 'Fail' end", StringComparison.Ordinal)
                .Replace("where p.id = d.payment_id and d.answer is null and p.state = @accepted", "where p.id = d.payment_id", StringComparison.Ordinal),
            "forget-to-erase" => sql.Replace("delete from sealed_tokens s using decided d where", "delete from sealed_tokens s using decided d where false and", StringComparison.Ordinal),
            "leases-by-local-clock" => sql.Replace("clock_timestamp()", $"timestamptz '{ShiftedClock.Now:O}'", StringComparison.Ordinal),
            "keep-a-failed-amount" => sql.Replace("case when @done then 0 when o.kind = 'Capture' then least(o.amount_minor, p.captured_minor - p.refunded_minor) else o.amount_minor end as back", "0 as back", StringComparison.Ordinal),
            _ => sql,
        };
#endif
    }

    [Conditional("FAILPOINTS")]
    public static void AnswerBeforeTheCommit(PendingAnswer pending, AuthoriseOutcome outcome)
    {
#if FAILPOINTS
        if (Name == "answer-before-the-commit" && outcome is { Approved: true, MayAnswerOk: true })
        {
            pending.Decide(new StoredAnswer(outcome.OperationId, Answer.Ok, outcome.OkBody));
        }
#endif
    }

    [Conditional("FAILPOINTS")]
    public static void ResendUnderANewKey(bool again, ref AuthorisationRequest request)
    {
#if FAILPOINTS
        if (Name == "resend-under-a-new-key" && again)
        {
            request = new AuthorisationRequest
            {
                IdempotencyKey = Guid.NewGuid().ToString("N"),
                Reference = request.Reference,
                Account = request.Account,
                Amount = request.Amount,
                Token = request.Token,
                ReturnUrl = request.ReturnUrl,
                Again = true,
            };
        }
#endif
    }

    [Conditional("FAILPOINTS")]
    public static void OkAfterTheDeadline(ref TimeSpan left)
    {
#if FAILPOINTS
        left += Name == "ok-after-the-deadline" ? TimeSpan.FromSeconds(4) : TimeSpan.Zero;
#endif
    }

    /// <summary>What a comparison gives away that stops at the first difference: whoever tries often enough comes past its first byte.</summary>
    [Conditional("FAILPOINTS")]
    public static void CompareTokensPlainly(byte[] given, byte[] stored)
    {
#if FAILPOINTS
        if (Name == "plain-comparison-of-tokens" && given[0] == stored[0])
        {
            stored.CopyTo(given, 0);
        }
#endif
    }

    [Conditional("FAILPOINTS")]
    public static void ApplyNewsOverALease(ref FoundOperation? operation)
    {
#if FAILPOINTS
        if (Name == "notification-over-a-lease" && operation is { Status: OperationStatus.InFlight })
        {
            operation = operation with { Status = OperationStatus.Unknown, Leased = false, Answer = Answer.Fail };
        }
#endif
    }

    [Conditional("FAILPOINTS")]
    public static void RetryWrites(DbContextOptionsBuilder options)
    {
#if FAILPOINTS
        if (Name == "retry-on-writes")
        {
#pragma warning disable RS0030 // Banned for what this bug is there to show.
            options.UseNpgsql(npgsql => npgsql.EnableRetryOnFailure());
#pragma warning restore RS0030
        }
#endif
    }

    [Conditional("FAILPOINTS")]
    public static void SealWithoutAdditionalData(ref byte[] additionalData)
    {
#if FAILPOINTS
        additionalData = Name == "no-additional-data" ? [] : additionalData;
#endif
    }

    /// <summary>What Vipps shows of a batch without an answer is not looked at: all of it goes into another batch.</summary>
    [Conditional("FAILPOINTS")]
    public static void RecomposeTheBatch(List<Guid> shown)
    {
#if FAILPOINTS
        if (Name == "recompose-a-batch")
        {
            shown.Clear();
        }
#endif
    }

#if FAILPOINTS
    private static string? Name { get; } = Environment.GetEnvironmentVariable("PLANTED_BUG");
#endif
}
