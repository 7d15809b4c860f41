using System.Text.Json.Nodes;
using PspGateway.Domain.Payments;
using PspGateway.IntegrationTests.World;
using PspGateway.Payments;
using PspGateway.Vipps;

namespace PspGateway.IntegrationTests;

public sealed class TwoReplicas(TestPostgres postgres) : TestWorld(postgres)
{
    protected override int Replicas => 2;
}

public sealed class RepeatTests(TwoReplicas world) : IClassFixture<TwoReplicas>
{
    [Theory]
    [InlineData(49900, "OK")]
    [InlineData(901200, "FAIL")]
    public async Task A_repeat_gets_the_same_bytes_and_authorises_nothing_again(long amount, string status)
    {
        var payment = await world.Merchant.CreateAsync(amount);
        var first = await world.Vipps.PostAsync(payment.PspTransactionId);

        var again = await world.Vipps.PostAsync(payment.PspTransactionId, new JsonObject { ["repeatLast"] = true });
        var withAnotherCryptogram = await world.Vipps.PostAsync(payment.PspTransactionId);

        Assert.Equal(status, first.PaymentStatus);
        Assert.Equal([first.Body, first.Body], [again.Body, withAnotherCryptogram.Body]);
        Assert.Single((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls);
    }

    [Fact]
    public async Task Fifty_at_once_over_two_replicas_are_one_authorisation_and_one_answer()
    {
        var payment = await world.Merchant.CreateAsync(800100);
        var sent = await world.Vipps.PaymentAsync(payment.PspTransactionId);
        var body = ABody(payment.PspTransactionId);

        var answers = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => PostAsync(i % 2 == 0 ? world.GatewayUrl : world.SecondGatewayUrl, body, sent["makePaymentToken"]!.GetValue<string>())));

        Assert.Equal([$$$"""{"paymentInfo":{"pspTransactionId":"{{{payment.PspTransactionId}}}","status":"OK"}}"""], answers.Distinct(StringComparer.Ordinal));
        var books = await world.BooksAsync(payment.PspTransactionId);
        Assert.Single(books.AuthoriseCalls);
        Assert.Equal(1, books.Live);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "AUTHORIZED");
    }

    [Fact]
    public async Task A_repeat_on_another_replica_gets_a_refusal_as_soon_as_it_is_decided()
    {
        var payment = await world.Merchant.CreateAsync(800200);
        var sent = await world.Vipps.PaymentAsync(payment.PspTransactionId);
        var first = world.Vipps.PostAsync(payment.PspTransactionId);
        await world.UntilAuthorisingAsync(payment.PspTransactionId);

        var elsewhere = PostAsync(world.SecondGatewayUrl, ABody(payment.PspTransactionId), sent["makePaymentToken"]!.GetValue<string>());
        await world.Vipps.PostAsync(payment.PspTransactionId, "USER_CANCEL");

        Assert.Contains("\"errorId\":85", await elsewhere.WaitAsync(TimeSpan.FromSeconds(2)), StringComparison.Ordinal);
        Assert.Equal(85, (await first).ErrorId);
        await world.UntilReversedAsync(payment.PspTransactionId);
    }

    /// <summary>The first result stands at Vipps: an OK of one replica after the FAIL that another told while it had no database was not taken.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_FAIL_that_was_told_before_the_OK_of_another_replica_takes_it_back_and_one_after_it_does_not(bool before)
    {
        var payment = await world.Merchant.CreateAsync();
        var token = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>();
        var earlier = TimeProvider.System.GetTimestamp();
        Assert.Contains("\"OK\"", await PostAsync(world.SecondGatewayUrl, ABody(payment.PspTransactionId), token), StringComparison.Ordinal);
        await TestWorld.EventuallyAsync(async () => await world.Merchant.StateAsync(payment.Reference) == "AUTHORIZED");
        await Task.Delay(before ? 0 : 1200);

        // When it was decided says nothing: a confirmation can be long on its way. When it left does.
        await world.QueryAsync<int>($"with decided as (update operations set finished_at = finished_at - interval '1 minute' where payment_id = '{Guid.Parse(payment.PspTransactionId)}' returning 1) select count(*)::int from decided");

        var told = new LateRefusal(Guid.Parse(payment.PspTransactionId), MakePaymentTokens.Hash(token), PaymentMove.Decline, PaymentEventName.Declined, "InternalError", before ? earlier : TimeProvider.System.GetTimestamp());
        await world.Service<LateRefusals>().RememberAsync(told, TimeSpan.FromSeconds(1));
        await TestWorld.EventuallyAsync(() => Task.FromResult(world.Service<LateRefusals>().Find(told.PaymentId) is null), what: "the end of the memory");

        if (before)
        {
            await TestWorld.EventuallyAsync(async () => await world.BooksAsync(payment.PspTransactionId) is { Live: 0 } books && books.ReportedTimes("cancelled") == 1, what: "the reversal");
        }

        Assert.Equal(before ? 0 : 1, (await world.BooksAsync(payment.PspTransactionId)).Live);
    }

    private static string ABody(string id) => $$$"""
        {"pspTransactionId":"{{{id}}}","merchantSerialNumber":"{{{Settings.Merchant}}}","paymentState":"ACCEPTED",
         "networkToken":{"number":"4895370013193500","cryptogram":"AlhlvxmN2ZKuAAESNFZ4GoABFA==","expiryMonth":"05","expiryYear":"2025","tokenType":"VISA","eci":"7"}}
        """;

    private async Task<string> PostAsync(Uri gateway, string body, string token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(gateway, "vipps/make-payment")) { Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json") };
        request.Headers.TryAddWithoutValidation("Authorization", token);
        using var response = await world.Http.SendAsync(request);
        return await response.Content.ReadAsStringAsync();
    }
}
