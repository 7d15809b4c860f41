using System.Text.Json;
using PspGateway.Simulator.Acquirer;
using PspGateway.Simulator.Pages;

namespace PspGateway.Simulator.Board;

internal enum Mood
{
    Plain,
    Good,
    Bad,
}

/// <summary>An exchange in words: what was asked, and what came back.</summary>
internal sealed record Telling(string Name, string Asked, string Answered, Mood Mood)
{
    public static Telling Of(Exchange exchange)
    {
        var told = exchange.From switch
        {
            Party.Shop => Merchant(exchange),
            Party.Vipps => MakePayment(exchange),
            Party.Acquirer => Notification(exchange),
            _ when exchange.To == Party.Vipps => Vipps(exchange),
            _ => Acquirer(exchange),
        };
        return exchange.Answer switch
        {
            null => told with { Answered = "", Mood = Mood.Plain },
            { Status: 0 } => told with { Answered = "No answer.", Mood = Mood.Bad },
            { Status: >= 400 } => told with { Answered = Why(exchange) ?? "Refused.", Mood = Mood.Bad },
            _ => told,
        };
    }

    private static Telling Merchant(Exchange exchange)
    {
        var state = exchange.Got?.Text("state") ?? "";
        return (exchange.Method, exchange.Path.Split('/')) switch
        {
            ("POST", [_, "epayment", _, "payments"]) => new("Create", $"The shop asks for {Sum(exchange.Sent, "amount")}.", "Taken; here is a link for the customer.", Mood.Good),
            ("GET", [.., "events"]) => new("History", "What has happened so far?", "The events, oldest first.", Mood.Good),
            ("GET", _) => new("Read", "The shop asks where the payment stands.", state + ".", state is "AUTHORIZED" or "CREATED" ? Mood.Good : Mood.Bad),
            (_, [.., "capture"]) => new("Capture", $"The shop has delivered and wants {Sum(exchange.Sent, "modificationAmount")}.", "Captured.", Mood.Good),
            (_, [.., "refund"]) => new("Refund", $"The shop gives {Sum(exchange.Sent, "modificationAmount")} back.", "Refunded.", Mood.Good),
            (_, [.., "cancel"]) => new("Cancel", "The shop gives up what it has not captured.", $"Cancelled; {state}.", Mood.Good),
            (_, [.., "approve"]) => new("Force approve", "The shop's test approves in the customer's place.", "Approved.", Mood.Good),
            var (method, path) => new(method, path[^1], "Done.", Mood.Good),
        };
    }

    private static Telling Vipps(Exchange exchange)
    {
        var reports = exchange.Sent?.Member("transactions") is { ValueKind: JsonValueKind.Array } list
            ? string.Join(", ", list.EnumerateArray().Select(report => $"{report.Text("status")} {Sum(report, "amount")}").Distinct(StringComparer.Ordinal).Take(4)) : "";
        return exchange.Path.Split('/')[^1].ToUpperInvariant() switch
        {
            "INIT" => new("Init", "The gateway asks Vipps to begin.", "Vipps knows the payment, and where the customer goes.", Mood.Good),
            "UPDATESTATUS" => new("Update status", $"The gateway tells Vipps: {reports}.", "Noted.", Mood.Good),
            "DETAILS" => new("Details", "The gateway compares its books with Vipps'.", "What Vipps has noted.", Mood.Good),
            "APPROVE" => new("Force approve", "A test approves in the customer's place.", "It will be approved.", Mood.Good),
            var other => new(other, "The gateway asks Vipps.", "Answered.", Mood.Good),
        };
    }

    private static Telling MakePayment(Exchange exchange)
    {
        var asked = exchange.Sent?.Text("paymentState") switch
        {
            "ACCEPTED" => "The customer approved. Here is a token of the card, good once.",
            "TIMEOUT" => "The customer did not approve in time.",
            "USER_CANCEL" => "The customer cancelled.",
            var other => $"Payment state {other}.",
        };
        var error = exchange.Got?.Member("errorMessage")?.Text("errorText");
        var (answered, mood) = exchange.Got?.Member("paymentInfo")?.Text("status") switch
        {
            "OK" => ("OK: the amount is reserved.", Mood.Good),
            "SOFT_DECLINE" => ("SOFT_DECLINE: the bank wants to see the customer first.", Mood.Plain),
            "FAIL" => ($"FAIL: {error ?? "no reason given"}", Mood.Bad),
            _ => ("An answer that Vipps does not know.", Mood.Bad),
        };
        return new("Make payment", asked, answered, mood);
    }

    private static Telling Acquirer(Exchange exchange)
    {
        var result = exchange.Got?.Text("resultCode");
        var reason = exchange.Got?.Text("refusalReason");
        return exchange.Path.Split('/')[^1] switch
        {
            "payments" when exchange.Sent is { } sent && PaymentShape.IsAuthenticationOnly(sent) => Authentication(exchange, "Who is it? Ask the bank; no money is to move."),
            "details" => Authentication(exchange, "The customer is back from the bank: what does it say?"),
            "payments" => new("Authorise", $"May {Sum(exchange.Sent, "amount")} be held on this card?", reason is null ? $"{result}." : $"{result}: {reason}.",
                result switch { "Authorised" => Mood.Good, "Pending" or "RedirectShopper" => Mood.Plain, _ => Mood.Bad }),
            "captures" => new("Capture", $"Take {Sum(exchange.Sent, "amount")} of what is held.", "Received; the effect is told later.", Mood.Good),
            "refunds" => new("Refund", $"Give {Sum(exchange.Sent, "amount")} back.", "Received; the effect is told later.", Mood.Good),
            "cancels" => new("Cancel", "Let go of what is held.", "Received; the effect is told later.", Mood.Good),
            var other => new(other, "The gateway asks the acquirer.", "Answered.", Mood.Good),
        };
    }

    private static Telling Authentication(Exchange exchange, string asked)
    {
        var (answered, mood) = (exchange.Got?.Text("resultCode"), exchange.Got?.Member("threeDS2Result")?.Text("transStatus")) switch
        {
            ("RedirectShopper", _) => ("The bank asks the customer itself: here is its page.", Mood.Plain),
            ("AuthenticationFinished", "Y") => ("The bank knows its customer, and gives its word.", Mood.Good),
            ("AuthenticationFinished", "A") => ("The bank could not ask, and gives its word.", Mood.Good),
            ("AuthenticationNotRequired", _) => ("The bank need not ask.", Mood.Good),
            ("Authorised", _) => ("Authorised, which nobody asked for.", Mood.Bad),
            _ => ("The bank does not know its customer.", Mood.Bad),
        };
        return new("3-D Secure", asked, answered, mood);
    }

    private static Telling Notification(Exchange exchange)
    {
        var item = Conversations.Item(exchange);
        var success = item?.Text("success") == "true";
        return new("Notification", $"{item?.Text("eventCode")} {Sum(item, "amount")}: {(success ? "success" : item?.Text("reason") ?? "failed")}.", "Accepted.", Mood.Good);
    }

    /// <summary>A problem's own words, whichever party speaks.</summary>
    private static string? Why(Exchange exchange) =>
        exchange.Got is { } got && (got.Text("detail") ?? got.Text("title") ?? got.Text("message")) is { } why ? Masking.Plain(why) : null;

    private static string Sum(JsonElement? parent, string name) => parent?.Member(name) is { } amount ? Markup.Kroner(Conversation.Minor(amount)) : "–";
}
