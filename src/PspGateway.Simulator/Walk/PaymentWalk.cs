using System.Text;
using System.Text.Json;

namespace PspGateway.Simulator.Walk;

/// <summary>
/// One payment over HTTP from create to captured, refunded in part and reported, each step checked from outside, in Vipps' words. The
/// steps before the customer's approval build on each other, as do those that move money; those between are looks from different sides, and
/// each is taken.
/// </summary>
internal sealed class PaymentWalk(MerchantSide merchant, SimulatorSide simulator, Screen screen, TimeProvider time)
{
    private const long Amount = 49_900;
    private const long FirstCapture = 20_000;
    private const long SecondCapture = Amount - FirstCapture;
    private const long Refund = 5_000;
    private static readonly string Sum = Screen.Money(Amount) + " NOK";
    private static readonly TimeSpan StartPatience = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(50);

    private readonly string _reference = "walk-" + Guid.NewGuid().ToString("N")[..12];
    private string _pspTransactionId = "";
    private Uri? _return;

    private sealed record Step(string Word, string Text, Func<CancellationToken, Task> Run);

    public async Task<bool> RunAsync(CancellationToken cancellationToken)
    {
        screen.Title($"One payment of {Sum}, from create to captured and refunded in part");
        screen.Note($"gateway {merchant.Gateway.GetLeftPart(UriPartial.Authority)} · simulator {simulator.Simulator.GetLeftPart(UriPartial.Authority)}");
        screen.Blank();
        if (!await TakeAllAsync(Onward(), cancellationToken))
        {
            NotReached([.. Looks(), .. Moves()]);
            screen.Verdict(false, "The payment did not get through.");
            return false;
        }

        var held = true;
        foreach (var step in Looks())
        {
            held &= await TakeAsync(step, cancellationToken);
        }

        if (held)
        {
            held = await TakeAllAsync(Moves(), cancellationToken);
        }
        else
        {
            NotReached(Moves());
        }

        held &= await CompareAsync(cancellationToken);
        screen.Verdict(held, held ? "Every step held." : "The payment went through, but not every step held.");
        return held;
    }

    private Step[] Onward() =>
    [
        new("ready", "the gateway and the simulator answer", ReadyAsync),
        new("token", "the merchant gets an access token", TokenAsync),
        new("CREATED", "the merchant creates the payment, and gets a link for the customer", CreateAsync),
        new("INITIATED", "Vipps knows it, and waits for the customer", InitiatedAsync),
        new("ACCEPTED", "the customer approves; the gateway answers Vipps OK", ApproveAsync),
    ];

    private Step[] Looks() =>
    [
        new("AUTHORIZED", $"the merchant may capture {Sum}", AuthorizedAsync),
        new("AUTHORISED", $"the acquirer holds {Sum} on exactly one authorisation", HeldOnceAsync),
        new("RESERVED", $"Vipps was told of {Sum}, exactly once", ReportedOnceAsync),
        new("return", "the page that the customer returns to answers", ReturnAsync),
    ];

    private Step[] Moves() =>
    [
        new("CAPTURED", $"the merchant captures {Screen.Money(FirstCapture)} NOK", token => MoveAsync("capture", FirstCapture, (FirstCapture, 0), token)),
        new("CAPTURED", $"and the other {Screen.Money(SecondCapture)} NOK", token => MoveAsync("capture", SecondCapture, (Amount, 0), token)),
        new("conflict", "a capture of 1 øre more is refused", TooMuchAsync),
        new("REFUNDED", $"the merchant refunds {Screen.Money(Refund)} NOK", token => MoveAsync("refund", Refund, (Amount, Refund), token)),
        new("reported", "Vipps was told of each of them, exactly once", ToldAsync),
    ];

    private void NotReached(Step[] steps)
    {
        foreach (var step in steps)
        {
            screen.NotReached(step.Word, step.Text);
        }
    }

    private async Task<bool> TakeAllAsync(Step[] steps, CancellationToken cancellationToken)
    {
        for (var i = 0; i < steps.Length; i++)
        {
            if (!await TakeAsync(steps[i], cancellationToken))
            {
                NotReached(steps[(i + 1)..]);
                return false;
            }
        }

        return true;
    }

    private async Task<bool> TakeAsync(Step step, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        try
        {
            await step.Run(cancellationToken);
            screen.Held(step.Word, step.Text, started);
            return true;
        }
        catch (StepFailedException failure)
        {
            screen.Failed(step.Word, step.Text, started, failure);
            return false;
        }
    }

    private async Task ReadyAsync(CancellationToken cancellationToken)
    {
        await UntilAsync(StartPatience, "HTTP 200 from the simulator's /health", async () => Answered(await simulator.ReadyAsync(cancellationToken), 200), cancellationToken);
        await UntilAsync(StartPatience, "HTTP 200 from the gateway's /health/ready", async () => Answered(await merchant.ReadyAsync(cancellationToken), 200), cancellationToken);
    }

    private async Task TokenAsync(CancellationToken cancellationToken)
    {
        var seen = await merchant.FetchTokenAsync(cancellationToken);
        Check(seen.Status == 200 && seen.Body?.Text("access_token") is { Length: > 0 }, "HTTP 200 with an access_token", seen.InWords);
    }

    private async Task CreateAsync(CancellationToken cancellationToken)
    {
        var created = await merchant.CreateAsync(_reference, Amount, simulator.ReturnUrl(_reference), cancellationToken);
        Check(created.Status == 201, "HTTP 201", created.InWords);
        Check(Uri.TryCreate(created.Body?.Text("redirectUrl"), UriKind.Absolute, out _), "a redirectUrl", "none in the answer");
        var payment = await PaymentAsync(cancellationToken);
        Check(payment.Text("state") == "CREATED", "state CREATED", $"state {payment.Text("state")}");
        _pspTransactionId = payment.Text("pspReference") ?? throw new StepFailedException("a pspReference", "none in the answer");
    }

    private async Task InitiatedAsync(CancellationToken cancellationToken)
    {
        var seen = await simulator.PaymentAsync(_pspTransactionId, cancellationToken);
        Check(seen.Status == 200 && seen.Body is not null, "Vipps knows the payment by its pspReference", seen.InWords);
        var (state, calls) = (seen.Body?.Text("state"), seen.Body?.Number("initCalls"));
        Check(state == "INITIATED" && calls == 1, "INITIATED, after one init", $"{state}, after {calls} init");
        _return = Uri.TryCreate(seen.Body?.Text("pspRedirectUrl"), UriKind.Absolute, out var url) ? url : null;
    }

    private async Task ApproveAsync(CancellationToken cancellationToken)
    {
        var seen = await simulator.ApproveAsync(_pspTransactionId, cancellationToken);
        Check(seen.Status == 200 && seen.Body is not null, "the simulator posts makePayment", seen.InWords);
        var answer = seen.Body?.Text("body") is { } text ? Wire.ParseObject(Encoding.UTF8.GetBytes(text)) : null;
        var info = answer?.Member("paymentInfo");
        Check(info?.Text("status") == "OK", "HTTP 200 with paymentInfo.status OK", seen.Body?.Text("error") ?? string.Join(' ',
            $"HTTP {seen.Body?.Number("httpStatus")}, status {info?.Text("status") ?? "none"}", answer?.Member("errorMessage")?.ToString()));
    }

    // The merchant sees AUTHORIZED once the OK is known to be delivered, which is a moment after it was sent.
    private Task AuthorizedAsync(CancellationToken cancellationToken) => UntilAsync(Patience, $"state AUTHORIZED, authorizedAmount {Sum}", async () =>
    {
        var payment = await PaymentAsync(cancellationToken);
        var (state, authorized) = (payment.Text("state"), MerchantSide.Amount(payment, "authorizedAmount") ?? 0);
        return (state == "AUTHORIZED" && authorized == Amount, $"state {state}, authorizedAmount {Screen.Money(authorized)} NOK");
    }, cancellationToken);

    private async Task HeldOnceAsync(CancellationToken cancellationToken)
    {
        var books = await BooksAsync(cancellationToken);
        var held = books.Live.Sum(one => one.Number("authorised") ?? 0);
        Check(books is { Authorisations.Count: 1, Live.Count: 1 } && held == Amount,
            $"1 authorisation, 1 live, {Sum}", $"{books.Authorisations.Count} authorisation(s), {books.Live.Count} live, {Screen.Money(held)} NOK");
    }

    private Task ReportedOnceAsync(CancellationToken cancellationToken) => UntilAsync(Patience, $"state RESERVED, reported 1 time, {Sum}", async () =>
    {
        var books = await BooksAsync(cancellationToken);
        var (state, (amount, count)) = (books.Vipps?.Text("state"), books.Reported("reserved"));
        return (state == "RESERVED" && count == 1 && amount == Amount, $"state {state}, reported {count} time(s), {Screen.Money(amount)} NOK");
    }, cancellationToken);

    private async Task ReturnAsync(CancellationToken cancellationToken)
    {
        var url = _return ?? throw new StepFailedException("a pspRedirectUrl in init", "none");
        var (last, at) = await simulator.BrowseAsync(url, merchant.Gateway, cancellationToken);
        Check(last.Status == 200, "HTTP 200 at the end of pspRedirectUrl", $"{last.InWords} at {at.GetLeftPart(UriPartial.Authority)}{at.Segments.ElementAtOrDefault(1)}");
    }

    /// <summary>Answered when the acquirer has done it; its own book says the same.</summary>
    private async Task MoveAsync(string what, long amount, (long Captured, long Refunded) after, CancellationToken cancellationToken)
    {
        var seen = await merchant.ModifyAsync(_reference, what, amount, cancellationToken);
        var answer = seen is { Status: 200, Body: { } body } ? body : throw new StepFailedException("HTTP 200 with the aggregate", seen.InWords);
        var counted = (MerchantSide.Amount(answer, "capturedAmount") ?? 0, MerchantSide.Amount(answer, "refundedAmount") ?? 0);
        var books = await BooksAsync(cancellationToken);
        var held = (books.AtAcquirer("captured"), books.AtAcquirer("refunded"));
        Check(counted == after && held == after, InWords(after), $"{InWords(counted)}; at the acquirer {InWords(held)}");
    }

    private async Task TooMuchAsync(CancellationToken cancellationToken)
    {
        var seen = await merchant.ModifyAsync(_reference, "capture", 1, cancellationToken);
        Check(seen.Status == 409, "HTTP 409", seen.InWords);
    }

    private Task ToldAsync(CancellationToken cancellationToken) => UntilAsync(Patience, "CAPTURED twice and REFUNDED once, with their sums", async () =>
    {
        var books = await BooksAsync(cancellationToken);
        var (captured, refunded) = (books.Reported("captured"), books.Reported("refunded"));
        return (captured == (Amount, 2) && refunded == (Refund, 1), $"captured {Screen.Money(captured.Amount)} in {captured.Count}, refunded {Screen.Money(refunded.Amount)} in {refunded.Count}");
    }, cancellationToken);

    private static string InWords((long Captured, long Refunded) sums) => $"captured {Screen.Money(sums.Captured)}, refunded {Screen.Money(sums.Refunded)}";

    private async Task<bool> CompareAsync(CancellationToken cancellationToken)
    {
        try
        {
            var table = new BooksTable(await PaymentAsync(cancellationToken), await BooksAsync(cancellationToken));
            screen.Title($"The three books of payment {_pspTransactionId}");
            return table.Print(screen);
        }
        catch (StepFailedException failure)
        {
            screen.Note(failure.Message);
            return false;
        }
    }

    private async Task<JsonElement> PaymentAsync(CancellationToken cancellationToken)
    {
        var seen = await merchant.ReadAsync(_reference, cancellationToken);
        return seen is { Status: 200, Body: { } body } ? body : throw new StepFailedException("HTTP 200 for the payment", seen.InWords);
    }

    private async Task<PaymentBooks> BooksAsync(CancellationToken cancellationToken)
    {
        var seen = await simulator.BooksAsync(_pspTransactionId, cancellationToken);
        return seen is { Status: 200, Body: { } body } ? PaymentBooks.Of(body) : throw new StepFailedException("HTTP 200 for the books", seen.InWords);
    }

    private async Task UntilAsync(TimeSpan patience, string expected, Func<Task<(bool Held, string Seen)>> look, CancellationToken cancellationToken)
    {
        for (var started = time.GetTimestamp(); ;)
        {
            var (held, seen) = await look();
            if (held)
            {
                return;
            }

            Check(time.GetElapsedTime(started) < patience, expected, $"{seen}, after {patience.TotalSeconds} s");
            await Task.Delay(Pause, time, cancellationToken);
        }
    }

    private static (bool Held, string Seen) Answered(Seen seen, int status) => (seen.Status == status, seen.InWords);

    private static void Check(bool held, string expected, string seen)
    {
        if (!held)
        {
            throw new StepFailedException(expected, seen);
        }
    }
}
