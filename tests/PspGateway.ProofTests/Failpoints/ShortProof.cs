using System.Collections.Concurrent;
using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using PspGateway.ProofTests.Books;
using PspGateway.ProofTests.World;

namespace PspGateway.ProofTests.Failpoints;

/// <summary>One payment on each of the ways on which the planted bugs lie, all at once, on two replicas whose clocks are ten minutes apart.</summary>
internal sealed class ShortProof(ProofWorld world, Shop shop, Till till)
{
    private const int Tokens = 1500;
    private static readonly TimeSpan Stall = TimeSpan.FromSeconds(7);
    private readonly ConcurrentQueue<Breach> _forgeries = new();

    public IReadOnlyList<Breach> Forgeries => [.. _forgeries];

    public async Task RunAsync()
    {
        await Task.WhenAll(
            Task.WhenAll(Enumerable.Range(0, 6).Select(_ => UndisturbedAsync())),
            StalledBeforeItsOutcomeAsync(),
            AnswerLostAsync(),
            TooLateAsync(),
            ReportLostAsync(),
            CaptureFailedAsync(),
            Task.WhenAll(Enumerable.Range(0, 3).Select(_ => ToldEarlyAsync())));

        // By itself: it takes the whole machine, and the others are judged by the clock.
        await ForgedAsync();
    }

    /// <summary>The acquirer takes a moment; nobody interferes; whoever looks for work must leave it alone.</summary>
    private async Task UndisturbedAsync()
    {
        var payment = await CreateAsync();
        await shop.FaultAsync("acquirer", "payments", "delay", payment, delayMs: 700);
        await shop.PostAsync(payment, mark: call => call with { MustSay = "OK" });
    }

    /// <summary>The process sleeps longer than its lease with the approval in its hands, and wakes up into a world that has moved on.</summary>
    private async Task StalledBeforeItsOutcomeAsync()
    {
        var payment = await CreateAsync();
        await Task.WhenAll(world.Replicas.Select(r => r.ArmAsync("outcome.before-commit", payment, "stall", Stall)));
        await shop.PostAsync(payment);
        await Task.Delay(Stall);
    }

    private async Task AnswerLostAsync()
    {
        var payment = await CreateAsync();
        await shop.FaultAsync("acquirer", "payments", "commitThenDrop", payment);
        await shop.PostAsync(payment);
    }

    private async Task TooLateAsync()
    {
        var payment = await CreateAsync();
        await shop.FaultAsync("acquirer", "payments", "delay", payment, delayMs: (int)world.Clocks.AnswerBy.TotalMilliseconds + 1200, times: 20);
        await shop.PostAsync(payment);
    }

    private async Task ReportLostAsync()
    {
        var payment = await CreateAsync();
        await shop.FaultAsync("vipps", "updatestatus", "commitThenDrop", payment);
        await shop.PostAsync(payment);
    }

    /// <summary>The acquirer takes a capture, and then does not do it; another one is done.</summary>
    private async Task CaptureFailedAsync()
    {
        var reference = Shop.AReference();
        var payment = await shop.CreateAsync(49_950, reference) ?? throw new InvalidOperationException("Not created.");
        await shop.PostAsync(payment);
        await till.UntilRestAsync(payment);
        await till.FailAsync("CAPTURE", $"{payment}-c1");
        await till.AskAsync(payment, reference, "capture", 20_000, mayFail: true);
        await till.AskAsync(payment, reference, "capture", 10_000, mayFail: true);
    }

    /// <summary>The notification of the approval is faster than the answer.</summary>
    private async Task ToldEarlyAsync()
    {
        var payment = await CreateAsync();
        await shop.FaultAsync("acquirer", "payments", "delay", payment, answerDelayMs: 700);
        await shop.PostAsync(payment, mark: call => call with { MustSay = "OK" });
    }

    /// <summary>Tokens with a right signature for the right payment which are not the one that was issued: all that is left to hold them back is the comparison.</summary>
    private async Task ForgedAsync()
    {
        var payment = await CreateAsync();
        var body = new JsonObject { ["pspTransactionId"] = payment, ["merchantSerialNumber"] = IntegrationTests.World.Settings.Merchant, ["paymentState"] = "USER_CANCEL" }.ToJsonString();
        await Parallel.ForEachAsync(Enumerable.Range(1, Tokens), new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, cancellationToken) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.Front.Url, "vipps/make-payment")) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.TryAddWithoutValidation("Authorization", ForgedToken.For(payment, 49_950, DateTimeOffset.UnixEpoch.AddYears(70).AddSeconds(i)));
            using var response = await world.Http.SendAsync(request, cancellationToken);
            if (response.StatusCode != HttpStatusCode.Unauthorized)
            {
                _forgeries.Enqueue(new Breach("forged", payment, $"forged token {i} was answered {response.StatusCode}"));
            }
        });
        await shop.PostAsync(payment);
    }

    private async Task<string> CreateAsync() => await shop.CreateAsync(49_950, Shop.AReference()) ?? throw new InvalidOperationException("Not created.");
}
