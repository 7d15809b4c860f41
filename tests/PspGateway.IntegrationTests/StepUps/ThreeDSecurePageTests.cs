using System.Net;
using System.Security.Cryptography;
using System.Text;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.StepUps;

public sealed class ThreeDSecurePageTests(StepUpWorld world) : IClassFixture<StepUpWorld>
{
    private const int MostBytes = 30_000;

    [Theory]
    [InlineData("nb-NO,nb;q=0.9", "Banken din vil vite at det er deg", "nb")]
    [InlineData("en-GB", "Your bank wants to know that it is you", "en")]
    public async Task The_page_is_light_speaks_the_customers_language_and_is_kept_by_nobody(string language, string title, string lang)
    {
        var (_, customer, _) = await world.SoftlyDeclinedAsync(920100);

        var page = await customer.LookAsync(language);

        Assert.Equal(HttpStatusCode.OK, page.Status);
        Assert.Contains($"<h1>{title}</h1>", WebUtility.HtmlDecode(page.Html), StringComparison.Ordinal);
        Assert.Contains($"<html lang=\"{lang}\">", page.Html, StringComparison.Ordinal);
        Assert.InRange(Encoding.UTF8.GetByteCount(page.Html), 1, MostBytes);
        Assert.Equal(("no-store", "no-referrer", "nosniff", "", ""), (page.Header("Cache-Control"), page.Header("Referrer-Policy"), page.Header("X-Content-Type-Options"), page.Header("Set-Cookie"), page.Header("X-Frame-Options")));
        Assert.DoesNotContain("frame-ancestors", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_policy_allows_the_pages_own_script_and_the_ways_out_and_nothing_else()
    {
        var (_, customer, _) = await world.SoftlyDeclinedAsync(920100);

        var page = await customer.LookAsync();

        var script = page.Html[(page.Html.IndexOf("<script>", StringComparison.Ordinal) + "<script>".Length)..page.Html.IndexOf("</script>", StringComparison.Ordinal)];
        var hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(script)));
        Assert.Equal(
            $"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'self' {world.SimulatorUrl.GetLeftPart(UriPartial.Authority)}; script-src 'sha256-{hash}'",
            page.Header("Content-Security-Policy"));
        Assert.DoesNotContain("src=", page.Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_script_a_button_starts_it_with_usual_values()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920200);
        Assert.Contains("<button>Continue to your bank</button>", (await customer.LookAsync()).Html, StringComparison.Ordinal);

        var ended = await Customer.SendAsync(HttpMethod.Post, customer.Page, new() { ["colorDepth"] = "", ["screenWidth"] = "", ["language"] = "", ["javaEnabled"] = "" });

        Assert.Equal(world.OperationsUrl(payment, "OK"), ended.Location);
    }

    [Fact]
    public async Task Garbage_in_the_form_is_as_good_as_nothing()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920200);

        var ended = await Customer.SendAsync(HttpMethod.Post, customer.Page, new() { ["colorDepth"] = "-1", ["screenWidth"] = "1e9", ["language"] = new string('x', 9000), ["timeZoneOffset"] = "æ", ["javaEnabled"] = "\0" });

        Assert.Equal(world.OperationsUrl(payment, "OK"), ended.Location);
    }

    [Fact]
    public async Task Ten_submits_at_once_start_one_authentication()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);

        var visits = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => customer.StartAsync()));
        await customer.StartAsync();

        Assert.All(visits, v => Assert.Equal(HttpStatusCode.OK, v.Status));
        Assert.Single((await world.BooksAsync(payment.PspTransactionId)).AuthoriseCalls, c => c["reference"]!.GetValue<string>().Contains("-3ds", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Coming_back_ten_times_completes_it_once()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);
        var back = await customer.AnswerTheBankAsync("confirm", "1234");

        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Customer.SendAsync(HttpMethod.Get, back, null)));
        var again = await Customer.SendAsync(HttpMethod.Get, back, null);

        Assert.Equal(world.OperationsUrl(payment, "OK"), again.Location);
        Assert.Equal(1, await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(payment.PspTransactionId)}' and kind = 'Authenticate' and tries = 2"));
    }

    [Fact]
    public async Task The_bank_may_send_the_customer_back_by_a_form_too()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);
        var back = new Uri(await customer.AnswerTheBankAsync("confirm", "1234"));

        var ended = await Customer.SendAsync(HttpMethod.Post, back.GetLeftPart(UriPartial.Path), new() { ["redirectResult"] = back.Query["?redirectResult=".Length..] });

        Assert.Equal((HttpStatusCode.SeeOther, world.OperationsUrl(payment, "OK")), (ended.Status, ended.Location));
    }

    [Fact]
    public async Task A_refresh_while_at_the_bank_leads_there_again()
    {
        var (_, customer, _) = await world.SoftlyDeclinedAsync(920100);
        var bank = Customer.BankOf(await customer.StartAsync());

        Assert.Equal(bank, Customer.BankOf(await customer.LookAsync()));
        Assert.Equal(bank, Customer.BankOf(await Customer.SendAsync(HttpMethod.Get, $"{customer.Page}/return", null)));
        Assert.Contains($"content=\"0; url={bank}\"", (await customer.LookAsync()).Html, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_wants_a_form_gets_one_to_the_bank_and_nowhere_else()
    {
        var (_, customer, _) = await world.SoftlyDeclinedAsync(920700);

        var page = await customer.StartAsync();

        Assert.Contains($"<form method=\"post\" action=\"{Customer.BankOf(page)}\">", page.Html, StringComparison.Ordinal);
        Assert.Contains("name=\"MD\"", page.Html, StringComparison.Ordinal);
        Assert.Contains($"form-action 'self' {world.SimulatorUrl.GetLeftPart(UriPartial.Authority)};", page.Header("Content-Security-Policy"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_bank_never_said_fails_the_step_up_and_holds_nothing()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920100);
        await customer.StartAsync();

        var ended = await Customer.SendAsync(HttpMethod.Get, $"{customer.Page}/return?redirectResult=made-up", null);

        Assert.Equal(world.OperationsUrl(payment, "FAIL"), ended.Location);
        await world.AssertEndedAsync(payment, "ABORTED", "Failed");
    }

    [Fact]
    public async Task A_hundred_wrong_addresses_are_the_same_friendly_404_and_an_old_one_is_too()
    {
        var (payment, customer, _) = await world.SoftlyDeclinedAsync(920300);
        await customer.StartAsync();
        await world.ExecuteAsync($"update step_ups set expires_at = clock_timestamp() - interval '16 minutes' where payment_id = '{Guid.Parse(payment.PspTransactionId)}'");
        var expected = (await Customer.SendAsync(HttpMethod.Get, new Uri(world.GatewayUrl, $"return/{new string('A', 32)}").AbsoluteUri, null)).Html;
        Assert.Contains("<h1>", expected, StringComparison.Ordinal);

        foreach (var i in Enumerable.Range(0, 100))
        {
            var reference = (i % 5) switch
            {
                0 => Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(16)),
                1 => Convert.ToBase64String(RandomNumberGenerator.GetBytes(24)).Replace('+', '-').Replace('/', '_'),
                2 => Uri.EscapeDataString(Encoding.Latin1.GetString(RandomNumberGenerator.GetBytes(32))),
                3 => new string('a', i),
                _ => "%2e%2e%2f..%00",
            };
            var address = i == 99 ? customer.Page : new Uri(world.GatewayUrl, $"3ds/{(reference.Length == 0 ? "x" : reference)}").AbsoluteUri;
            foreach (var (method, tail) in new[] { (HttpMethod.Get, ""), (HttpMethod.Post, ""), (HttpMethod.Get, "/return?redirectResult=x"), (HttpMethod.Post, "/return"), (HttpMethod.Post, "/cancel") })
            {
                var visit = await Customer.SendAsync(method, address + tail, method == HttpMethod.Post ? [] : null);

                Assert.True(visit.Status is HttpStatusCode.NotFound or HttpStatusCode.BadRequest, $"{method} {address}{tail}: {visit.Status}");
                Assert.True(visit.Html.Length == 0 || visit.Html == expected, $"{method} {address}{tail}");
            }
        }
    }
}
