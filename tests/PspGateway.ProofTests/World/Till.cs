using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Npgsql;
using PspGateway.ProofTests.Books;

namespace PspGateway.ProofTests.World;

/// <summary>The merchant's till: captures, refunds and cancels, each repeated under its key until there is an answer that stands.</summary>
internal sealed class Till(ProofWorld world, Shop shop)
{
    private const int Most = 100;
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);
    private readonly ConcurrentQueue<Order> _orders = new();

    public IReadOnlyList<Order> Orders => [.. _orders];

    /// <param name="what">capture, refund or cancel</param>
    public Task<Order> AskAsync(string payment, string reference, string what, long? amount = null, bool mayFail = false) =>
        SendAsync(new Order(payment, reference, what, amount, Guid.NewGuid().ToString("N"), 0, "") { MayFail = mayFail });

    /// <summary>With another key where an earlier one is in the way whose outcome nobody knows yet.</summary>
    public async Task<Order> InsistAsync(string payment, string reference, string what, long? amount = null, bool mayFail = false)
    {
        for (var tries = 1; ; tries++)
        {
            var order = await AskAsync(payment, reference, what, amount, mayFail);
            if (tries == Most || !order.Body.Contains("operation-unresolved", StringComparison.Ordinal))
            {
                return order;
            }

            await Task.Delay(Pause);
        }
    }

    /// <summary>Every request once more, now that all is decided: the answers must be the same.</summary>
    public Task RepeatAsync(int most) => Parallel.ForEachAsync(
        Orders.Take(most), new ParallelOptions { MaxDegreeOfParallelism = 16 }, async (order, _) => await SendAsync(order with { Status = 0, Body = "" }));

    /// <summary>All that follows from what happened to the payment so far is done and reported.</summary>
    /// <returns>False: it takes too long.</returns>
    public async Task<bool> UntilRestAsync(string payment)
    {
        for (var tries = 0; tries < Most; tries++)
        {
            await using var connection = world.Connection();
            await connection.OpenAsync();
            await using var command = new NpgsqlCommand(
                """
                select (select count(*) from operations where payment_id = @id and due_at is not null) + (select count(*) from status_updates where payment_id = @id and sent_at is null)
                     + (select count(*) from payments where id = @id and state = 'Approved')
                """,
                connection);
            command.Parameters.AddWithValue("id", Guid.ParseExact(payment, "N"));
            if (await command.ExecuteScalarAsync() is 0L)
            {
                return true;
            }

            await Task.Delay(Pause);
        }

        return false;
    }

    /// <summary>The acquirer receives the next capture or refund of the payment, and does not do it.</summary>
    public Task FailAsync(string eventCode, string contains) => OrderAsync("failures", new JsonObject { ["eventCode"] = eventCode, ["contains"] = contains, ["times"] = 1 });

    /// <summary>The acquirer undoes the first capture of a payment, if a neighbour's blow has not kept it from being paid.</summary>
    public async Task UndoCaptureAsync(string payment)
    {
        if (Orders.Any(o => o.Payment == payment && o is { What: "capture", Accepted: true }))
        {
            await OrderAsync("undo", new JsonObject { ["eventCode"] = "CAPTURE_FAILED", ["reference"] = $"{payment}-c1" });
        }
    }

    private async Task OrderAsync(string path, JsonObject order)
    {
        using var response = await world.Http.PostAsJsonAsync(new Uri(world.Simulator.Url, $"control/acquirer/{path}"), order);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    private async Task<Order> SendAsync(Order order)
    {
        var body = order.Amount is { } amount ? new JsonObject { ["modificationAmount"] = new JsonObject { ["currency"] = "NOK", ["value"] = amount } }.ToJsonString() : "";
        var (started, last) = (TimeProvider.System.GetTimestamp(), "");
        while (TimeProvider.System.GetElapsedTime(started) < Shop.Patience)
        {
            var (status, text) = await shop.AskAsync($"epayment/v1/payments/{order.Reference}/{order.What}", body, order.Key);
            if (status is HttpStatusCode.OK or HttpStatusCode.BadRequest or HttpStatusCode.NotFound || (status is HttpStatusCode.Conflict && !text.Contains("still-running", StringComparison.Ordinal)))
            {
                var answered = order with { Status = (int)status, Body = text };
                _orders.Enqueue(answered);
                return answered;
            }

            last = $"{status} {text}";
            await Task.Delay(Pause);
        }

        throw new TimeoutException($"No answer to the {order.What} of {order.Payment} in {Shop.Patience}, at last: {last}");
    }
}
