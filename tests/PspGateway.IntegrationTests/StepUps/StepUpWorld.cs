using System.Net;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.StepUps;

/// <summary>A gateway that may send customers back to the simulated Vipps.</summary>
public class StepUpWorld(TestPostgres postgres) : TestWorld(postgres)
{
    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(StringComparer.Ordinal)
    {
        ["Vipps:OperationHosts:0"] = "127.0.0.1",
        ["Operations:Lease"] = "00:00:03",
        ["Deadlines:AcquirerTimeout"] = "00:00:02",
    };

    internal string OperationsUrl(CreatedPayment payment, string code) => $"{SimulatorUrl.AbsoluteUri}mobileintercept?transactionId={payment.PspTransactionId}&responsecode={code}";

    /// <summary>A created payment whose first approval was declined softly, and the page that the customer was sent to.</summary>
    internal async Task<(CreatedPayment Payment, Customer Customer, Posted First)> SoftlyDeclinedAsync(long amount)
    {
        var payment = await Merchant.CreateAsync(amount);
        var first = await Vipps.PostAsync(payment.PspTransactionId);
        Assert.Equal(("SOFT_DECLINE", 1036), (first.PaymentStatus, first.ErrorId));
        return (payment, new Customer(first.Url3dSecure!), first);
    }

    internal async Task<string> StepUpStateAsync(CreatedPayment payment) => await QueryAsync<string>($"select state from step_ups where payment_id = '{Guid.Parse(payment.PspTransactionId)}'");

    /// <summary>Nothing at the acquirer, nothing sealed, nothing open, and the same truth with the merchant and with Vipps.</summary>
    internal async Task AssertEndedAsync(CreatedPayment payment, string merchant, string? stepUp, string? vipps = null)
    {
        var id = Guid.Parse(payment.PspTransactionId);
        await EventuallyAsync(async () => await Merchant.StateAsync(payment.Reference) == merchant, what: merchant);
        await EventuallyAsync(async () => await QueryAsync<long>($"select count(*) from operations where payment_id = '{id}' and (status in ('Pending', 'InFlight', 'Unknown') or parked_at is not null)") == 0, seconds: 40, what: "the end of every operation");
        var books = await BooksAsync(payment.PspTransactionId);
        Assert.Equal((0, 0, 0), (books.Live, books.ReportedTimes("reserved"), books.ReportedTimes("cancelled")));
        if (vipps is not null)
        {
            Assert.Equal(vipps, books.VippsState);
        }

        await AssertNothingSealedAsync(payment);
        if (stepUp is not null)
        {
            Assert.Equal(stepUp, await StepUpStateAsync(payment));
        }
    }

    internal async Task AssertNothingSealedAsync(CreatedPayment payment)
    {
        var id = Guid.Parse(payment.PspTransactionId);
        Assert.Equal(0, await QueryAsync<long>($"select count(*) from sealed_tokens where payment_id = '{id}'"));
        Assert.Equal(0, await QueryAsync<long>($"select count(*) from step_ups where payment_id = '{id}' and coalesce(sealed_card, sealed_page, sealed_result) is not null"));
    }

    internal async Task AssertAuthorisedAsync(CreatedPayment payment, long amount)
    {
        await EventuallyAsync(async () => (await BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") == 1, what: "RESERVED at Vipps");
        var books = await BooksAsync(payment.PspTransactionId);
        var live = Assert.Single(books.Authorisations, a => a["live"]!.GetValue<bool>());
        Assert.Equal(($"{payment.PspTransactionId}-2", amount), (live["reference"]!.GetValue<string>(), live["authorised"]!.GetValue<long>()));
        Assert.Equal(("RESERVED", amount, "AUTHORIZED"), (books.VippsState, books.Reported("reserved"), await Merchant.StateAsync(payment.Reference)));
        Assert.Equal("Used", await StepUpStateAsync(payment));
        await AssertNothingSealedAsync(payment);
    }

    /// <summary>The acquirer holds money under the name of the first authentication, which nobody has asked it for.</summary>
    internal async Task AuthoriseBehindOurBackAsync(CreatedPayment payment, string key)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(SimulatorUrl, "adyen/v72/payments"));
        request.Headers.TryAddWithoutValidation("X-API-Key", "simulated-acquirer-api-key");
        request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
        request.Content = new StringContent(
            $$$"""
            {"amount":{"currency":"NOK","value":49900},"merchantAccount":"TestAccount","reference":"{{{payment.PspTransactionId}}}-3ds1","returnUrl":"https://gateway.example/","shopperInteraction":"Ecommerce",
            "paymentMethod":{"type":"networkToken","number":"4895370013193500","expiryMonth":"05","expiryYear":"2030","brand":"visa"},
            "mpiData":{"tokenAuthenticationVerificationValue":"{{{Convert.ToBase64String(Guid.NewGuid().ToByteArray())}}}","eci":"07"}}
            """,
            System.Text.Encoding.UTF8,
            "application/json");
        using var response = await Http.SendAsync(request);
        Assert.Contains("Authorised", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    internal Task ForgetTheTimeAsync(CreatedPayment payment) =>
        ExecuteAsync($"update step_ups set expires_at = clock_timestamp() - interval '1 second' where payment_id = '{Guid.Parse(payment.PspTransactionId)}'");
}

/// <summary>What a browser got.</summary>
internal sealed record Visit(HttpStatusCode Status, string? Location, string Html, HttpResponseMessage Response)
{
    public string Header(string name) => Response.Headers.TryGetValues(name, out var values) ? string.Join(", ", values) : "";
}

/// <summary>A browser without cookies that follows nothing by itself, on its way through the 3-D Secure page.</summary>
internal sealed class Customer(string page)
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false });

    public string Page => page;

    public Task<Visit> LookAsync(string? language = null) => SendAsync(HttpMethod.Get, page, null, language);

    public Task<Visit> StartAsync() => SendAsync(HttpMethod.Post, page, new()
    {
        ["colorDepth"] = "24", ["screenWidth"] = "390", ["screenHeight"] = "844", ["timeZoneOffset"] = "-60", ["language"] = "nb-NO", ["javaEnabled"] = "false", ["javaScriptEnabled"] = "true",
    });

    public Task<Visit> CancelAsync() => SendAsync(HttpMethod.Post, $"{page}/cancel", []);

    /// <summary>Starts, goes to the bank, and comes back to the gateway with what the bank gave.</summary>
    public async Task<Visit> AtTheBankAsync(string action, string code = "")
    {
        var back = await AnswerTheBankAsync(action, code);
        return await SendAsync(HttpMethod.Get, back, null);
    }

    /// <summary>The address that the bank sends the customer back to.</summary>
    public async Task<string> AnswerTheBankAsync(string action, string code = "")
    {
        var bank = BankOf(await StartAsync());
        var answered = await SendAsync(HttpMethod.Post, bank, new() { ["action"] = action, ["code"] = code });
        Assert.Equal(HttpStatusCode.SeeOther, answered.Status);
        return answered.Location!;
    }

    public static string BankOf(Visit visit)
    {
        Assert.Equal(HttpStatusCode.OK, visit.Status);
        var from = visit.Html.IndexOf("http://127.0.0.1", StringComparison.Ordinal);
        Assert.True(from > 0, visit.Html);
        return WebUtility.HtmlDecode(visit.Html[from..visit.Html.IndexOf('"', from)]);
    }

    public static async Task<Visit> SendAsync(HttpMethod method, string address, Dictionary<string, string>? form, string? language = null)
    {
        using var request = new HttpRequestMessage(method, address);
        request.Content = form is null ? null : new FormUrlEncodedContent(form);
        request.Headers.TryAddWithoutValidation("Accept-Language", language ?? "en");
        var response = await Http.SendAsync(request);
        return new Visit(response.StatusCode, response.Headers.TryGetValues("Location", out var location) ? location.Single() : null, await response.Content.ReadAsStringAsync(), response);
    }
}
