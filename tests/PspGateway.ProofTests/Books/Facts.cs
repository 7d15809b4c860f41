using System.Text.Json;
using Npgsql;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Books;

/// <summary>One line of the simulator's books, as its file has it.</summary>
internal sealed record BookLine(long Number, DateTimeOffset At, string Side, string Subject, string? About, string What, long? Amount, string? Detail)
{
    private static readonly JsonSerializerOptions Names = new(JsonSerializerDefaults.Web);

    /// <summary>The payment that it is about: what the acquirer calls by its own name begins, in ours, with the payment's id.</summary>
    public string? Payment => (About ?? Subject) is { Length: >= 32 } name ? name[..32] : null;

    public static IReadOnlyList<BookLine> ReadFile(string path)
    {
        using var file = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var lines = new List<BookLine>();
        while (file.ReadLine() is { } line)
        {
            lines.Add(JsonSerializer.Deserialize<BookLine>(line, Names) ?? throw new InvalidOperationException("An empty line in the books."));
        }

        return lines;
    }
}

/// <summary>One call to makePayment, as Vipps saw it.</summary>
internal sealed record Call(string Payment, string State, int? Status, string Body, double ElapsedMs)
{
    /// <summary>Whoever had to answer was killed, frozen or stalled under it, or Vipps hung up: no time is promised.</summary>
    public bool NoAnswerPromised { get; init; }

    /// <summary>The request itself was made to throw: whatever its status, it is over in time.</summary>
    public bool WasBroken { get; init; }

    /// <summary>Nothing was done to this payment: the customer must be told what the acquirer said.</summary>
    public string? MustSay { get; init; }

    /// <summary>Sent again when all was quiet: the answer is the stored one.</summary>
    public bool Afterwards { get; init; }

    public string? Url3dSecure => Says == "SOFT_DECLINE" ? JsonDocument.Parse(Body).RootElement.GetProperty("paymentInfo").GetProperty("url3dSecure").GetString() : null;

    public string? Says => Body.Length == 0 || Status != 200 ? null : JsonDocument.Parse(Body).RootElement.GetProperty("paymentInfo").GetProperty("status").GetString();
}

/// <summary>A payment as our database has it at rest.</summary>
internal sealed record Row(string Payment, string State, long Amount, long Authorised, long Captured, long Cancelled, long Refunded, string? Answer, string? AnswerBody, bool Delivered, string? ParkedWhy)
{
    public bool Parked => ParkedWhy is not null;
}

/// <summary>All that a verdict rests on.</summary>
internal sealed record Facts
{
    public required IReadOnlyList<BookLine> Books { get; init; }

    public required IReadOnlyList<Row> Rows { get; init; }

    public required IReadOnlyList<Call> Calls { get; init; }

    /// <summary>What the merchant asked for, every answer that stands.</summary>
    public IReadOnlyList<Order> Orders { get; init; } = [];

    /// <summary>What the database still has to do, in words; parked things apart.</summary>
    public IReadOnlyList<string> Undecided { get; init; } = [];

    public long SealedTokens { get; init; }

    public required TimeSpan AnswerBy { get; init; }

    public static async Task<Facts> GatherAsync(ProofWorld world, IReadOnlyList<Call> calls, IReadOnlyList<Order>? orders = null)
    {
        await using var connection = world.Connection();
        await connection.OpenAsync();
        return new Facts
        {
            Books = BookLine.ReadFile(world.BooksFile),
            Rows = await RowsAsync(connection),
            Calls = calls,
            Orders = orders ?? [],
            Undecided = await UndecidedAsync(connection),
            SealedTokens = (await TextsAsync(connection, "select operation_id::text from sealed_tokens")).Count,
            AnswerBy = world.Clocks.AnswerBy,
        };
    }

    /// <summary>Work that is left, each in a word or two; empty when all is quiet.</summary>
    public static Task<IReadOnlyList<string>> UndecidedAsync(NpgsqlConnection connection) => TextsAsync(
        connection,
        """
        select 'payment ' || id || ' is ' || state from payments where state in ('Created', 'Initiated', 'Authorising', 'Approved')
        union all select 'payment ' || p.id || ' is StepUp' from payments p where p.state = 'StepUp' and not exists (select from step_ups s where s.payment_id = p.id and s.expires_at > clock_timestamp())
        union all select kind || ' of ' || payment_id || ' is ' || status from operations where (due_at is not null or (kind = 'Reverse' and finished_at is null)) and parked_at is null
        union all select 'report ' || status || ' of ' || payment_id from status_updates where sent_at is null and parked_at is null
        union all select 'notification ' || event_code || ' of ' || merchant_reference from acquirer_notifications where due_at is not null
        """);

    private static async Task<IReadOnlyList<string>> TextsAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await using var reader = await command.ExecuteReaderAsync();
        var texts = new List<string>();
        while (await reader.ReadAsync())
        {
            texts.Add(reader.GetString(0));
        }

        return texts;
    }

    private static async Task<IReadOnlyList<Row>> RowsAsync(NpgsqlConnection connection)
    {
        await using var command = new NpgsqlCommand(
            """
            select replace(p.id::text, '-', ''), p.state, p.amount_minor, p.authorised_minor, p.captured_minor, p.cancelled_minor, p.refunded_minor,
                   o.answer, convert_from(o.answer_body, 'UTF8'), o.delivered_at is not null,
                   (select string_agg(r.parked_why, '; ') from operations r where r.payment_id = p.id and r.parked_at is not null)
            from payments p left join operations o on o.id = p.authorise_operation_id
            """,
            connection);
        await using var reader = await command.ExecuteReaderAsync();
        var rows = new List<Row>();
        while (await reader.ReadAsync())
        {
            rows.Add(new Row(
                reader.GetString(0), reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), reader.GetInt64(4), reader.GetInt64(5), reader.GetInt64(6),
                await reader.IsDBNullAsync(7) ? null : reader.GetString(7), await reader.IsDBNullAsync(8) ? null : reader.GetString(8), reader.GetBoolean(9), await reader.IsDBNullAsync(10) ? null : reader.GetString(10)));
        }

        return rows;
    }
}
