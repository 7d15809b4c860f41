using System.Net;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class FailedLoginTests(TestWorld world) : IClassFixture<TestWorld>
{
    private const int Failures = 10;

    [Fact]
    public async Task Guessing_ends_in_429_for_the_client_it_aims_at_and_not_for_who_was_right_before_nor_for_others()
    {
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(Settings.ClientId, Settings.ClientSecret)).Status);

        var guesses = new List<Reply>();
        for (var i = 0; i < Failures; i++)
        {
            guesses.Add(await LoginAsync(Settings.ClientId, $"guess-{i}"));
        }

        var refused = await LoginAsync(Settings.ClientId, "one guess more");

        Assert.All(guesses, g => Assert.Equal(HttpStatusCode.Unauthorized, g.Status));
        Assert.Equal((HttpStatusCode.TooManyRequests, "application/problem+json"), (refused.Status, refused.ContentType));
        Assert.InRange(refused.Headers.RetryAfter!.Delta!.Value.TotalSeconds, 1, 60);
        Assert.Contains("client_id", refused.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(Settings.ClientId, Settings.ClientSecret)).Status);
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(Settings.OtherClientId, Settings.OtherClientSecret)).Status);

        // 401, or 429 where made-up clients have used up the counter that strangers share.
        Assert.NotEqual(HttpStatusCode.OK, (await LoginAsync(Settings.ClientId, Settings.ClientSecret, "another subscription key")).Status);
    }

    [Fact]
    public async Task Who_guesses_without_the_subscription_key_uses_up_none_of_the_clients_tries()
    {
        for (var i = 0; i <= Failures; i++)
        {
            Assert.NotEqual(HttpStatusCode.OK, (await LoginAsync(Settings.OtherClientId, $"guess-{i}", "another subscription key")).Status);
        }

        Assert.Equal(HttpStatusCode.Unauthorized, (await LoginAsync(Settings.OtherClientId, "a slip of the merchant's")).Status);
    }

    [Fact]
    public async Task Made_up_clients_run_out_of_attempts_together_and_take_none_from_a_real_one()
    {
        // No name comes twice, so only a counter that names share can ever refuse one.
        var refused = 0;
        await Parallel.ForAsync(0, 400, new ParallelOptions { MaxDegreeOfParallelism = 8 }, async (i, _) =>
        {
            if (Volatile.Read(ref refused) == 0 && (await LoginAsync($"made-up-{i}", "secret")).Status is var status and not HttpStatusCode.Unauthorized)
            {
                Assert.Equal(HttpStatusCode.TooManyRequests, status);
                Interlocked.Increment(ref refused);
            }
        });

        Assert.NotEqual(0, refused);
        Assert.Equal(HttpStatusCode.OK, (await LoginAsync(Settings.OtherClientId, Settings.OtherClientSecret)).Status);
    }

    [Fact]
    public async Task A_failed_token_stays_401_however_often_it_comes_and_a_right_one_is_never_limited()
    {
        var payment = await world.Merchant.CreateAsync();
        for (var i = 0; i < 50; i++)
        {
            Assert.Equal(401, (await world.Vipps.PostAsync(payment.PspTransactionId, new System.Text.Json.Nodes.JsonObject { ["authorization"] = "wrong" })).Status);
            using var request = await world.Merchant.RequestAsync(HttpMethod.Get, $"epayment/v1/payments/{payment.Reference}", null);
            request.Headers.Remove("Authorization");
            request.Headers.TryAddWithoutValidation("Authorization", "Bearer wrong");
            Assert.Equal(HttpStatusCode.Unauthorized, (await world.Merchant.SendAsync(request)).Status);
        }

        Assert.Equal("CREATED", await world.Merchant.StateAsync(payment.Reference));
        Assert.Equal("OK", (await world.Vipps.PostAsync(payment.PspTransactionId)).PaymentStatus);
    }

    private async Task<Reply> LoginAsync(string clientId, string secret, string subscriptionKey = Settings.SubscriptionKey)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.GatewayUrl, "accesstoken/get"));
        request.Headers.TryAddWithoutValidation("client_id", clientId);
        request.Headers.TryAddWithoutValidation("client_secret", secret);
        request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", subscriptionKey);
        return await world.Merchant.SendAsync(request);
    }
}
