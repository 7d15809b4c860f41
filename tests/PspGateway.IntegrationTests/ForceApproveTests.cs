using System.Net;
using System.Text;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

public sealed class TestEnvironmentWorld(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal) { ["Vipps:TestEnvironment"] = "true" };
}

public sealed class ForceApproveTests(TestEnvironmentWorld world) : IClassFixture<TestEnvironmentWorld>
{
    [Theory]
    [InlineData(49900, "AUTHORIZED")]
    [InlineData(901200, "ABORTED")]
    public async Task A_forced_approval_answers_when_the_payment_is_decided(long amount, string state)
    {
        var payment = await world.Merchant.CreateAsync(amount);

        var reply = await ApproveAsync(payment.Reference, """{"customer":{"phoneNumber":"4791234567"}}""");

        Assert.Equal(HttpStatusCode.OK, reply.Status);
        Assert.Equal(state, await world.Merchant.StateAsync(payment.Reference));
    }

    [Theory]
    [InlineData("{}", "customer.phoneNumber")]
    [InlineData("""{"customer":{"phoneNumber":"4612345678"}}""", "customer.phoneNumber")]
    [InlineData("no", "JSON")]
    public async Task What_is_wrong_is_named(string body, string named)
    {
        var payment = await world.Merchant.CreateAsync();

        var reply = await ApproveAsync(payment.Reference, body);

        Assert.Equal(HttpStatusCode.BadRequest, reply.Status);
        Assert.Contains(named, reply.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_unknown_payment_is_404_and_Vipps_refusal_is_passed_on()
    {
        var payment = await world.Merchant.CreateAsync();

        Assert.Equal(HttpStatusCode.NotFound, (await ApproveAsync("no-such-order", """{"customer":{"phoneNumber":"4791234567"}}""")).Status);
        var refused = await ApproveAsync(payment.Reference, """{"customer":{"phoneNumber":"4791234567"},"token":"wrong"}""");
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains("token", refused.Json["detail"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    private async Task<Reply> ApproveAsync(string reference, string body)
    {
        using var request = await world.Merchant.RequestAsync(HttpMethod.Post, $"epayment/v1/test/payments/{reference}/approve", null);
        request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        return await world.Merchant.SendAsync(request);
    }
}
