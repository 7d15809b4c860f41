using System.Net;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Options;
using PspGateway.Domain.Cards;
using PspGateway.IntegrationTests.World;
using PspGateway.Payments;

namespace PspGateway.IntegrationTests;

/// <summary>Nothing is looked for but when the test says so.</summary>
public sealed class WorldOfEndings(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Webhooks:AllowedNetworks:0"] = "127.0.0.0/8",
        ["Payments:AuthorisationLife:Every"] = "1.00:00:00",
        ["Operations:Poll"] = "00:00:00.100",
    };
}

/// <summary>What an authorisation that nears its end at the acquirer leads to. A test does not wait for days: it moves the end.</summary>
public sealed class AuthorisationEndTests(WorldOfEndings world) : IClassFixture<WorldOfEndings>, IAsyncLifetime
{
    private MerchantEndpoint _shop = null!;
    private string _webhook = "";

    private AuthorisationEnds Ends => world.Service<AuthorisationEnds>();

    private AuthorisationLifeOptions Life => world.Service<IOptions<AuthorisationLifeOptions>>().Value;

    public async ValueTask InitializeAsync()
    {
        Far();
        _shop = await MerchantEndpoint.StartAsync();
        _webhook = (await world.Merchant.RegisterAsync(new Uri(_shop.Url, "/ends"), "expiring", "cancelled"))["id"]!.GetValue<string>();
    }

    public async ValueTask DisposeAsync()
    {
        await world.Merchant.WebhooksAsync(HttpMethod.Delete, _webhook);
        await _shop.DisposeAsync();
    }

    [Theory]
    [InlineData(CardScheme.Visa, "visa", "mastercard")]
    [InlineData(CardScheme.Mastercard, "mastercard", "visa")]
    public async Task It_is_warned_of_once_and_then_what_is_left_is_cancelled_and_nothing_captured_late(CardScheme scheme, string card, string otherCard)
    {
        var payment = await AuthorisedAsync(card);
        var other = await AuthorisedAsync(otherCard);
        await Ends.SweepAsync(TestContext.Current.CancellationToken);
        Assert.Empty(await EndingsAsync(payment));

        Near(scheme);
        await Ends.SweepAsync(TestContext.Current.CancellationToken);
        await Ends.SweepAsync(TestContext.Current.CancellationToken);
        await TestWorld.EventuallyAsync(() => Task.FromResult(Told(payment).Count > 0), what: "the warning");
        Assert.Equal((49_900, 20_000, 0, 0), (await world.Merchant.ModifyAsync(payment.Reference, "capture", 20_000)).Amounts);

        AtTheEnd(scheme);
        var late = await world.Merchant.ModifyAsync(payment.Reference, "capture", 100);
        Assert.Equal((HttpStatusCode.Conflict, "authorisation-ended"), (late.Status, late.Problem));
        await Ends.SweepAsync(TestContext.Current.CancellationToken);

        await AgreeAsync(payment, (49_900, 20_000, 29_900, 0));
        Assert.Equal("authorisation-ended", (await world.Merchant.ModifyAsync(payment.Reference, "capture", 100)).Problem);
        Assert.Equal((49_900, 20_000, 29_900, 5_000), (await world.Merchant.ModifyAsync(payment.Reference, "refund", 5_000)).Amounts);
        await TestWorld.EventuallyAsync(() => Task.FromResult(Told(payment).Count == 2), what: "the cancelled webhook");
        Assert.Equal(["EXPIRING 49900", "CANCELLED 29900"], Told(payment));

        // What merchants read is ePayment's, word for word.
        Assert.Equal(["CREATED", "AUTHORIZED", "CAPTURED", "CANCELLED", "REFUNDED"], (await world.Merchant.EventsAsync(payment.Reference)).Select(e => e["name"]!.GetValue<string>()));
        Assert.Equal(["RESERVED 49900", "CAPTURED 20000", "CANCELLED 29900"], (await world.BooksAsync(payment.PspTransactionId)).Reports.Take(3));
        Assert.Empty(Told(other));
        Assert.Equal((49_900, 100, 0, 0), (await world.Merchant.ModifyAsync(other.Reference, "capture", 100)).Amounts);
    }

    [Fact]
    public async Task A_card_of_no_known_scheme_has_the_shorter_life()
    {
        var payment = await world.Merchant.AuthorisedAsync(world.Vipps, how: new JsonObject { ["merge"] = new JsonObject { ["binNumber"] = "601100" } });

        AtTheEnd(CardScheme.Visa);
        await Ends.SweepAsync(TestContext.Current.CancellationToken);

        await AgreeAsync(payment, (49_900, 0, 49_900, 0));
    }

    [Fact]
    public async Task A_capture_that_is_at_the_acquirer_wins_and_the_rest_is_cancelled_after_it()
    {
        var payment = await AuthorisedAsync("visa");
        await world.Vipps.FaultAsync("acquirer", new JsonObject { ["path"] = "captures", ["mode"] = "delay", ["answerDelayMs"] = 1500, ["contains"] = payment.PspTransactionId });
        var capture = world.Merchant.ModifyAsync(payment.Reference, "capture", 20_000);
        await TestWorld.EventuallyAsync(async () => await CountAsync(payment, "kind = 'Capture' and status = 'InFlight'") == 1);

        AtTheEnd(CardScheme.Visa);
        await Ends.SweepAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, await CountAsync(payment, "kind = 'Cancel'"));
        Assert.Equal((49_900, 20_000, 0, 0), (await capture).Amounts);
        await Ends.SweepAsync(TestContext.Current.CancellationToken);

        await AgreeAsync(payment, (49_900, 20_000, 29_900, 0));
    }

    [Fact]
    public async Task Captures_that_come_at_the_very_end_are_done_or_refused_and_the_books_agree()
    {
        var payment = await AuthorisedAsync("visa");
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") == 1);

        var captures = Enumerable.Range(0, 24).Select(_ => world.Merchant.ModifyAsync(payment.Reference, "capture", 1_000)).ToList();
        await Task.WhenAny(captures);
        AtTheEnd(CardScheme.Visa);
        var later = Enumerable.Range(0, 8).Select(_ => world.Merchant.ModifyAsync(payment.Reference, "capture", 1_000)).ToList();
        var sweeps = Enumerable.Range(0, 8).Select(_ => Ends.SweepAsync(TestContext.Current.CancellationToken)).ToList();
        var replies = await Task.WhenAll([.. captures, .. later]);
        await Task.WhenAll(sweeps);
        await Ends.SweepAsync(TestContext.Current.CancellationToken);

        Assert.All(replies.Where(r => r.Status != HttpStatusCode.OK), r => Assert.Equal("authorisation-ended", r.Problem));
        var captured = 1_000 * replies.Count(r => r.Status == HttpStatusCode.OK);
        Assert.True(captured > 0, "no capture was in time");
        await AgreeAsync(payment, (49_900, captured, 49_900 - captured, 0));
        Assert.Equal((1, 0), (await CountAsync(payment, "kind = 'Cancel'"), (await world.BooksAsync(payment.PspTransactionId)).RefusedAtAcquirer));
    }

    [Fact]
    public async Task A_cancel_that_the_acquirer_refuses_again_and_again_becomes_a_difference_once()
    {
        var payment = await AuthorisedAsync("visa");
        AtTheEnd(CardScheme.Visa);
        for (var i = 1; i <= 3; i++)
        {
            var cancel = i;
            await world.Vipps.FailModificationAsync("CANCELLATION", $"{payment.PspTransactionId}-x");
            await Ends.SweepAsync(TestContext.Current.CancellationToken);
            await TestWorld.EventuallyAsync(async () => await CountAsync(payment, "kind = 'Cancel' and status = 'Failed'") == cancel, what: $"failure {cancel}");
        }

        await Ends.SweepAsync(TestContext.Current.CancellationToken);
        await Ends.SweepAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["AuthorisationNotReleased"], await world.QueryAllAsync<string>($"select cause from differences where payment_id = '{Id(payment)}' and resolved_at is null and ours_minor = 49900"));
        Assert.Equal(3, await CountAsync(payment, "kind = 'Cancel'"));
        Assert.Equal((49_900, 0, 0, 0), Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
        Assert.Equal("authorisation-ended", (await world.Merchant.ModifyAsync(payment.Reference, "capture", 100)).Problem);
    }

    [Fact]
    public async Task A_capture_that_could_not_be_sent_in_time_fails_and_the_rest_is_cancelled()
    {
        var payment = await AuthorisedAsync("visa");
        await world.Vipps.FaultAsync("acquirer", new JsonObject { ["path"] = "captures", ["mode"] = "status", ["status"] = 429, ["times"] = 1, ["contains"] = payment.PspTransactionId });
        var capture = world.Merchant.ModifyAsync(payment.Reference, "capture", 20_000);
        await TestWorld.EventuallyAsync(async () => await CountAsync(payment, "kind = 'Capture' and status = 'Unknown'") == 1, what: "the try that did nothing");

        Far();
        Set(CardScheme.Visa, TimeSpan.Zero);
        await world.ExecuteAsync($"update operations set due_at = clock_timestamp() where payment_id = '{Id(payment)}' and kind = 'Capture'");
        await TestWorld.EventuallyAsync(async () => await CountAsync(payment, "kind = 'Capture' and status = 'Failed'") == 1, what: "the end of the capture");
        await capture;
        await Ends.SweepAsync(TestContext.Current.CancellationToken);

        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).AtAcquirer == (49_900, 0, 49_900, 0), what: "the cancel");
        Assert.Equal((49_900, 0, 49_900, 0), Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
    }

    [Fact]
    public async Task What_is_undecided_when_the_authorisation_has_ended_calls_a_person_once_and_holds_up_nobody()
    {
        var payment = await AuthorisedAsync("visa");
        Assert.Equal(HttpStatusCode.OK, (await world.Merchant.ModifyAsync(payment.Reference, "capture", 20_000)).Status);
        await world.ExecuteAsync($"update operations set status = 'Unknown', finished_at = null, due_at = null, parked_at = clock_timestamp(), parked_why = 'NoAnswer' where payment_id = '{Id(payment)}' and kind = 'Capture'");

        Far();
        Set(CardScheme.Visa, TimeSpan.Zero);
        await Ends.SweepAsync(TestContext.Current.CancellationToken).WaitAsync(TimeSpan.FromSeconds(15), TestContext.Current.CancellationToken);
        await Ends.SweepAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["AuthorisationNotReleased"], await world.QueryAllAsync<string>($"select cause from differences where payment_id = '{Id(payment)}'"));
        Assert.Equal(0, await CountAsync(payment, "kind = 'Cancel'"));
    }

    [Fact]
    public async Task Two_replicas_that_look_all_the_time_warn_once_and_cancel_once()
    {
        await using var two = new TwoThatLook(world.Postgres);
        await two.InitializeAsync();
        var payments = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => two.Merchant.AuthorisedAsync(two.Vipps)));

        foreach (var payment in payments)
        {
            await TestWorld.EventuallyAsync(async () => await two.BooksAsync(payment.PspTransactionId) is { } books && books.AtAcquirer == (49_900, 0, 49_900, 0) && books.AtVipps == books.AtAcquirer, 40);
            Assert.Single((await two.BooksAsync(payment.PspTransactionId)).ModificationCalls);
        }

        Assert.Equal(8, await two.QueryAsync<long>("select count(*) from payment_events where name = 'AuthorisationEnding'"));
        Assert.Equal(8, await two.QueryAsync<long>("select count(*) from operations where kind = 'Cancel'"));
    }

    private void Far() => (Life.Visa, Life.Mastercard, Life.WarnBefore, Life.CancelBefore) = (TimeSpan.FromDays(7), TimeSpan.FromDays(28), TimeSpan.FromDays(1), TimeSpan.FromHours(2));

    /// <summary>Warned of, and to be captured for some hours.</summary>
    private void Near(CardScheme scheme)
    {
        Far();
        Set(scheme, Life.WarnBefore);
    }

    private void AtTheEnd(CardScheme scheme)
    {
        Far();
        Set(scheme, Life.CancelBefore);
    }

    private void Set(CardScheme scheme, TimeSpan life) => (Life.Visa, Life.Mastercard) = scheme == CardScheme.Visa ? (life, Life.Mastercard) : (Life.Visa, life);

    private Task<CreatedPayment> AuthorisedAsync(string card) => world.Merchant.AuthorisedAsync(world.Vipps, how: new JsonObject { ["card"] = card });

    private IReadOnlyList<string> Told(CreatedPayment payment) => [.. _shop.On("/ends").Where(w => w.Reference == payment.Reference).Select(w => $"{w.Name} {w.Json["amount"]!["value"]}")];

    private Task<IReadOnlyList<string>> EndingsAsync(CreatedPayment payment) => world.QueryAllAsync<string>($"select name from payment_events where payment_id = '{Id(payment)}' and name = 'AuthorisationEnding'");

    private Task<long> CountAsync(CreatedPayment payment, string which) => world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Id(payment)}' and {which}");

    private static Guid Id(CreatedPayment payment) => Guid.Parse(payment.PspTransactionId);

    private async Task AgreeAsync(CreatedPayment payment, (long, long, long, long) amounts)
    {
        await TestWorld.EventuallyAsync(
            async () => await world.BooksAsync(payment.PspTransactionId) is { } books && books.AtAcquirer == amounts && books.AtVipps == amounts, what: $"books of {amounts}");
        Assert.Equal(amounts, Aggregate.Of(await world.Merchant.GetAsync(payment.Reference)));
    }

    private sealed class TwoThatLook(TestPostgres postgres) : TestWorld(postgres)
    {
        protected override int Replicas => 2;

        protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["Payments:AuthorisationLife:Visa"] = "00:00:04",
            ["Payments:AuthorisationLife:Mastercard"] = "01:00:00",
            ["Payments:AuthorisationLife:WarnBefore"] = "00:00:03",
            ["Payments:AuthorisationLife:CancelBefore"] = "00:00:01",
            ["Payments:AuthorisationLife:Every"] = "00:00:00.050",
        };
    }
}
