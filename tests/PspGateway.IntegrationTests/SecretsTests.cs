using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Extensions.Logging;
using PspGateway.IntegrationTests.World;
using PspGateway.Vipps;

namespace PspGateway.IntegrationTests;

/// <summary>A gateway that logs all it can, with keys that are this test's alone.</summary>
public sealed class TalkativeWorld(TestPostgres postgres) : TestWorld(postgres)
{
    internal static byte[] MasterKey { get; } = RandomNumberGenerator.GetBytes(32);

    internal static byte[] SigningKey { get; } = RandomNumberGenerator.GetBytes(32);

    protected override IReadOnlyDictionary<string, string?> Overrides => new Dictionary<string, string?>(KeptLog.Settings, StringComparer.Ordinal)
    {
        ["Vipps:TestEnvironment"] = "true",
        ["Vipps:OperationHosts:0"] = "127.0.0.1",
        ["Deadlines:AcquirerTimeout"] = "00:00:03",
        ["Deadlines:StopWaiting"] = "00:00:04",
        ["Deadlines:AnswerBy"] = "00:00:06",
        ["Vault:MasterKey"] = Convert.ToBase64String(MasterKey),
        ["MakePayment:SigningKeys:0:Key"] = Convert.ToBase64String(SigningKey),
    };
}

/// <summary>
/// Payments whose secrets are known, on good and bad ways, and then a search for those secrets in everything that the gateway lets out
/// (invariant I7). Left out of the search is by construction what must carry a secret: the answer of /accesstoken/get, which is the access
/// token's way to its owner, the answer 201 with Vipps' landing page, and what goes to Vipps and the acquirer.
/// </summary>
public sealed class SecretsTests(TalkativeWorld world, ITestOutputHelper output) : IClassFixture<TalkativeWorld>
{
    private const string Number = "4895370077139042";
    private const string Cryptogram = "CANARYcryptogramCANARYa=";
    private const string Cavv = "CANARYcavvCANARYcavvCANARY8=";
    private const string Phone = "97643185";
    private readonly StringBuilder _answers = new();
    private int _tokens;
    private readonly List<Canary> _canaries = [];
    private readonly List<(string Kind, byte[] Bytes)> _places = [];

    [Fact]
    public async Task No_secret_stands_in_logs_traces_metrics_errors_the_database_or_its_files()
    {
        using var spans = new SpanDump(world.GatewayUrl);
        await PayAsync();
        await BreakPaymentsAsync();
        await StepUpAsync();
        await MisuseMerchantApiAsync();
        await AddKnownSecretsAsync();
        var planted = await PlantAsync();

        await CollectAsync(spans);

        // The control comes first: what was planted is found in every place, so the search can find.
        foreach (var kind in _places.Select(p => p.Kind).Where(k => k is not ("server log" or "key folder")).Distinct())
        {
            Assert.True(_places.Any(p => p.Kind == kind && planted.FoundIn(p.Bytes) is not null), $"The planted canary was not found in the {kind}: the search proves nothing.");
        }

        var leaks = from place in _places
                    from canary in _canaries
                    where canary.Everywhere || place.Kind is "log" or "traces" or "metrics" or "error answers"
                    let encoding = canary.FoundIn(place.Bytes)
                    where encoding is not null
                    select $"{canary.Name} stands in the {place.Kind} as {encoding}";
        var found = leaks.Distinct(StringComparer.Ordinal).ToList();
        Report();
        Assert.True(found.Count == 0, string.Join('\n', found));
    }

    [Fact]
    public void The_search_finds_a_secret_in_each_of_its_encodings_wherever_it_begins()
    {
        var canary = new Canary("control", "a-secret-of-some-length");
        var secret = canary.Secret;
        for (var before = 0; before < 7; before++)
        {
            byte[] around = [.. RandomNumberGenerator.GetBytes(before), .. secret, .. RandomNumberGenerator.GetBytes(5)];

            Assert.NotNull(canary.FoundIn(around));
            Assert.NotNull(canary.FoundIn(Encoding.ASCII.GetBytes(Convert.ToBase64String(around))));
            Assert.NotNull(canary.FoundIn(Encoding.ASCII.GetBytes(Convert.ToBase64String(around).Replace('+', '-').Replace('/', '_'))));
            Assert.NotNull(canary.FoundIn(Encoding.ASCII.GetBytes(Convert.ToHexString(around))));
            Assert.NotNull(canary.FoundIn(Encoding.ASCII.GetBytes(Convert.ToHexString(around).ToLowerInvariant())));
        }

        Assert.NotNull(canary.FoundIn(Encoding.Unicode.GetBytes("before a-secret-of-some-length after")));
        Assert.Null(canary.FoundIn(RandomNumberGenerator.GetBytes(100_000)));
    }

    private async Task PayAsync()
    {
        // The first payment of a process takes its time, and more with all that is logged.
        await PostAsync(await CreateAsync(), Token());
        var payment = await CreateAsync();
        Assert.Equal("OK", (await PostAsync(payment, Token())).PaymentStatus);
        await TestWorld.EventuallyAsync(async () => (await world.BooksAsync(payment.PspTransactionId)).ReportedTimes("reserved") == 1);
        await PostAsync(payment, new JsonObject { ["repeatLast"] = true });
        await PostAsync(payment, new JsonObject { ["paymentState"] = "TIMEOUT" });
        Assert.Equal(89, (await PostAsync(await CreateAsync(901200), Token())).ErrorId);
        var forced = await CreateAsync();
        await SendAsync(HttpMethod.Post, $"epayment/v1/test/payments/{forced.Reference}/approve", $$$"""{"customer":{"phoneNumber":"47{{{Phone}}}"},"token":"wrong"}""");
        await SendAsync(HttpMethod.Post, $"epayment/v1/test/payments/{forced.Reference}/approve", $$$"""{"customer":{"phoneNumber":"47{{{Phone}}}"}}""");
    }

    /// <summary>Refusals of every kind, an acquirer that breaks, bodies that are none, tokens that are not valid.</summary>
    private async Task BreakPaymentsAsync()
    {
        foreach (var amount in (long[])[700100, 700200, 700300, 700400, 700500, 701000, 800400])
        {
            await PostAsync(await CreateAsync(amount), Token());
        }

        await TestWorld.EventuallyAsync(async () => await world.QueryAsync<long>("select count(*) from operations where kind = 'Reverse'") > 2, what: "the reversals");

        var payment = await CreateAsync();
        var token = (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>();
        string[] bodies =
        [
            "", "no", $"{{\"networkToken\":{{\"number\":\"{Number}\",\"cryptogram\":\"{Cryptogram}\"", $"\"{Number}\"", $"{{\"{Number}\":\"{Cryptogram}\"}}", $"[{Number}]",
            $"{{\"pspTransactionId\":\"{Number}\",\"merchantSerialNumber\":\"{Phone}\",\"paymentState\":\"{Cryptogram}\",\"networkToken\":{{\"number\":\"{Number}x\",\"tokenType\":\"{Cryptogram}\"}}}}",
            $"{{\"pspTransactionId\":\"{payment.PspTransactionId}\",\"merchantSerialNumber\":\"654321\",\"paymentState\":\"ACCEPTED\",\"networkToken\":{{\"number\":\"{Number}\"}}}}",
            new string('x', 20_000) + Number,
        ];
        foreach (var body in bodies)
        {
            await PostAsync(payment, new JsonObject { ["rawBody"] = body });
        }

        foreach (var wrong in (string[])[token + "x", token[..^3], $"Basic {token}", $"Bearer  {token}", $"{Number}.{Cryptogram}.{Phone}"])
        {
            await PostAsync(payment, new JsonObject { ["authorization"] = wrong });
        }

        await SendAsync(HttpMethod.Post, "acquirers/adyen/notifications", $$$"""{"notificationItems":[{"NotificationRequestItem":{"pspReference":"{{{Number}}}","eventCode":"AUTHORISATION","merchantReference":"{{{Phone}}}","merchantAccountCode":"a","success":"true"}}]}""");
        await world.Vipps.RevokeAccessTokensAsync();
        await world.Vipps.FaultAsync("vipps", new JsonObject { ["path"] = "init", ["mode"] = "commitThenGarbage" });
        await CreateAsync();
    }

    /// <summary>One that succeeds with an issuer's word that is known, and one that waits at the bank. Answers with the page's address are Vipps' own, and left out.</summary>
    private async Task StepUpAsync()
    {
        var payment = await CreateAsync(920200);
        var first = await world.Vipps.PostAsync(payment.PspTransactionId, Token());
        await world.Vipps.FaultAsync("acquirer", new JsonObject
        {
            ["path"] = "payments", ["mode"] = "status", ["status"] = 200, ["contains"] = "-3ds1",
            ["body"] = $$$"""{"pspReference":"PSP3DS","resultCode":"AuthenticationFinished","merchantReference":"{{{payment.PspTransactionId}}}-3ds1","threeDS2Result":{"authenticationValue":"{{{Cavv}}}","eci":"05","dsTransID":"{{{Guid.NewGuid()}}}","messageVersion":"2.2.0","transStatus":"Y"}}""",
        });
        Assert.EndsWith("responsecode=OK", (await KeptPage(first).StartAsync()).Location, StringComparison.Ordinal);
        await PostAsync(payment, new JsonObject { ["merge"] = new JsonObject { ["networkToken"] = new JsonObject { ["number"] = "4268270087302871" } } });

        var challenged = await world.Vipps.PostAsync((await CreateAsync(920100)).PspTransactionId, Token());
        var back = await KeptPage(challenged).AnswerTheBankAsync("confirm", "1234");
        _canaries.Add(new Canary("what the bank sent the customer back with", back[(back.IndexOf("redirectResult=", StringComparison.Ordinal) + 15)..][..64]));
        Assert.EndsWith("responsecode=OK", (await StepUps.Customer.SendAsync(HttpMethod.Get, back, null)).Location, StringComparison.Ordinal);

        await world.Http.GetAsync((await world.Vipps.PaymentAsync(payment.PspTransactionId))["pspRedirectUrl"]!.GetValue<string>());

        var waiting = await world.Vipps.PostAsync((await CreateAsync(920100)).PspTransactionId, Token());
        var bank = StepUps.Customer.BankOf(await KeptPage(waiting).StartAsync());
        _canaries.Add(new Canary("the address of the bank's page", bank[(bank.LastIndexOf('/') + 1)..]));
    }

    private StepUps.Customer KeptPage(Posted softDecline)
    {
        var page = softDecline.Url3dSecure ?? throw new InvalidOperationException(softDecline.Body);
        _canaries.Add(new Canary("the reference of a 3-D Secure page", page[(page.LastIndexOf('/') + 1)..], everywhere: false));
        return new StepUps.Customer(page);
    }

    private async Task MisuseMerchantApiAsync()
    {
        var body = MerchantClient.ABody(MerchantClient.AReference());
        body["customer"] = new JsonObject { ["phoneNumber"] = "47" + Phone };
        var good = body.ToJsonString();
        var key = Guid.NewGuid().ToString();
        await SendAsync(HttpMethod.Post, "epayment/v1/payments", good, key);
        await SendAsync(HttpMethod.Post, "epayment/v1/payments", good + " ", key);
        await SendAsync(HttpMethod.Post, "epayment/v1/payments", good, Guid.NewGuid().ToString());
        await SendAsync(HttpMethod.Post, "epayment/v1/payments", good[..^1], Guid.NewGuid().ToString());
        await SendAsync(HttpMethod.Post, "epayment/v1/payments", good.Replace("\"47", "\"46", StringComparison.Ordinal), Guid.NewGuid().ToString());
        await SendAsync(HttpMethod.Post, "epayment/v1/payments", good.Replace($"\"47{Phone}\"", $"{{\"{Phone}\":\"{Phone}\"}}", StringComparison.Ordinal), Guid.NewGuid().ToString());
        await SendAsync(HttpMethod.Post, "epayment/v1/payments", good, null);
        await SendAsync(HttpMethod.Get, "epayment/v1/payments/no-such-order", null);
        await SendAsync(HttpMethod.Post, "nowhere", good);
        foreach (var (id, secret, subscription) in ((string, string, string)[])[(Settings.ClientId, Settings.ClientSecret + "x", Settings.SubscriptionKey), (Settings.ClientId, Settings.ClientSecret, Settings.SubscriptionKey + "x"), ("nobody", Settings.ClientSecret, "x"), (Settings.ClientId, Settings.ClientSecret, "")])
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.GatewayUrl, "accesstoken/get"));
            request.Headers.TryAddWithoutValidation("client_id", id);
            request.Headers.TryAddWithoutValidation("client_secret", secret);
            request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", subscription);
            Keep(await world.Merchant.SendAsync(request));
        }

        using var stranger = new HttpRequestMessage(HttpMethod.Get, new Uri(world.GatewayUrl, "epayment/v1/payments/an-order-of-mine"));
        stranger.Headers.TryAddWithoutValidation("Authorization", $"Bearer {await world.Merchant.TokenAsync()}x");
        Keep(await world.Merchant.SendAsync(stranger));
    }

    private async Task AddKnownSecretsAsync()
    {
        Canary[] known =
        [
            new("the token's number", Number),
            new("the cryptogram", Cryptogram),
            new("the issuer's authentication value", Cavv),
            new("the phone number", Phone),
            new("the merchant's client secret", Settings.ClientSecret),
            new("the merchant's subscription key", Settings.SubscriptionKey),
            new("the merchant's access token", await world.Merchant.TokenAsync()),
            new("our client secret at Vipps", world.GatewaySettings["Vipps:ClientSecret"]!),
            new("our subscription key at Vipps", world.GatewaySettings["Vipps:SubscriptionKey"]!),
            new("our access token at Vipps", await world.Service<VippsAccessTokens>().GetAsync(CancellationToken.None)),
            new("our API key at the acquirer", world.GatewaySettings["Acquirer:Adyen:ApiKey"]!),
            new("the notifications' HMAC key", Convert.FromHexString(world.GatewaySettings["Acquirer:Adyen:WebhookHmacKey"]!)),
            new("the master key", TalkativeWorld.MasterKey),
            new("the signing key", TalkativeWorld.SigningKey),
        ];
        _canaries.AddRange(known);
    }

    /// <summary>The control: something that is no secret, put into every place in an ordinary way.</summary>
    private async Task<Canary> PlantAsync()
    {
        var text = $"planted-{Guid.NewGuid():N}";
        world.Service<ILoggerFactory>().CreateLogger("control").LogTrace("A line with {Planted}.", text);
        await new PostgresFiles(world.Database).AskAsync($"create table planted as select '{text}' as planted; select 'done'");
        using var source = new ActivitySource("control");
        source.StartActivity("control")?.SetTag("planted", text).Dispose();
        using var meter = new Meter("PspGateway");
        meter.CreateObservableGauge("control", () => new Measurement<int>(1, new KeyValuePair<string, object?>("planted", text)));
        await SendAsync(HttpMethod.Post, "epayment/v1/payments", MerchantClient.ABody(text).ToJsonString(), Guid.NewGuid().ToString());
        await SendAsync(HttpMethod.Post, "epayment/v1/payments", MerchantClient.ABody(text).ToJsonString(), Guid.NewGuid().ToString());
        _places.Add(("metrics", await world.Http.GetByteArrayAsync(new Uri(world.GatewayUrl, "metrics"))));
        return new Canary("planted", text);
    }

    private async Task CollectAsync(SpanDump spans)
    {
        _places.Add(("log", Encoding.UTF8.GetBytes(KeptLog.Text)));
        _places.Add(("traces", Encoding.UTF8.GetBytes(spans.Text)));
        _places.Add(("error answers", Encoding.UTF8.GetBytes(_answers.ToString())));
        var postgres = new PostgresFiles(world.Database);
        if (await postgres.DumpAsync() is { } dump)
        {
            _places.Add(("dump", dump));
        }
        else
        {
            output.WriteLine("No dump was searched: pg_dump of the server's version is not on this machine.");
        }

        // A compressed image of a page would hide what stands on it.
        Assert.Equal("off", await postgres.AskAsync("show wal_compression"));
        var files = await postgres.ListAsync();
        _places.AddRange(files.Select(f => (f.Kind, PostgresFiles.Read(f.Path))));
        if (files.Count == 0)
        {
            output.WriteLine("No data files and no write-ahead log were searched: the server's folder cannot be read from here.");
        }

        _places.AddRange(Directory.EnumerateFiles(world.GatewaySettings["Vault:KeyFolder"]!, "*", SearchOption.AllDirectories).Select(f => ("key folder", File.ReadAllBytes(f))));
    }

    private void Report()
    {
        var patterns = _canaries.Sum(c => c.Encodings.Count);
        output.WriteLine($"{_canaries.Count} canaries in {patterns} encodings, over {_places.Sum(p => (long)p.Bytes.Length):N0} bytes:");
        foreach (var kind in _places.GroupBy(p => p.Kind))
        {
            output.WriteLine($"  {kind.Key,-18} {kind.Count(),5} files or texts {kind.Sum(p => (long)p.Bytes.Length),14:N0} bytes");
        }
    }

    private async Task<CreatedPayment> CreateAsync(long amount = 49900)
    {
        var body = MerchantClient.ABody(MerchantClient.AReference(), amount);
        body["customer"] = new JsonObject { ["phoneNumber"] = "47" + Phone };
        var key = Guid.NewGuid().ToString();
        var reply = await world.Merchant.PostAsync(body.ToJsonString(), key);
        if (reply.Status != HttpStatusCode.Created)
        {
            Keep(reply);
            return new CreatedPayment("", "", "");
        }

        var reference = body["reference"]!.GetValue<string>();
        var id = (await world.Merchant.GetAsync(reference))["pspReference"]!.GetValue<string>();
        var redirect = reply.Json["redirectUrl"]!.GetValue<string>();
        _canaries.Add(new Canary($"the makePaymentToken of {id}", (await world.Vipps.PaymentAsync(id))["makePaymentToken"]!.GetValue<string>()));
        _canaries.Add(new Canary($"the token of Vipps' landing page of {id}", redirect[(redirect.IndexOf("token=", StringComparison.Ordinal) + 6)..], everywhere: false));
        var returnPage = (await world.Vipps.PaymentAsync(id))["pspRedirectUrl"]!.GetValue<string>();
        _canaries.Add(new Canary($"the reference of the return page of {id}", returnPage[(returnPage.LastIndexOf('/') + 1)..], everywhere: false));
        return new CreatedPayment(reference, id, redirect);
    }

    /// <summary>The acquirer takes a cryptogram once: each begins otherwise, and goes on as the canary.</summary>
    private JsonObject Token() => new() { ["merge"] = new JsonObject { ["networkToken"] = new JsonObject { ["number"] = Number, ["cryptogram"] = $"{_tokens++:D4}{Cryptogram}" } } };

    private async Task<Posted> PostAsync(CreatedPayment payment, JsonObject how)
    {
        var posted = await world.Vipps.PostAsync(payment.PspTransactionId, how);
        _answers.Append(posted.Status).Append(' ').AppendLine(posted.Body);
        return posted;
    }

    private async Task SendAsync(HttpMethod method, string path, string? body, string? idempotencyKey = null)
    {
        using var request = await world.Merchant.RequestAsync(method, path, null);
        if (idempotencyKey is not null)
        {
            request.Headers.TryAddWithoutValidation("Idempotency-Key", idempotencyKey);
        }

        request.Content = body is null ? null : new StringContent(body, Encoding.UTF8, "application/json");
        Keep(await world.Merchant.SendAsync(request));
    }

    private void Keep(Reply reply)
    {
        if (reply.Status is not (HttpStatusCode.OK or HttpStatusCode.Created))
        {
            _answers.Append((int)reply.Status).AppendLine(reply.Headers.ToString()).AppendLine(reply.Body);
        }
    }

    /// <summary>All there is of every activity of every source: what an exporter could send.</summary>
    private sealed class SpanDump : IDisposable
    {
        private readonly ConcurrentQueue<string> _ended = new();
        private readonly ActivityListener _listener;

        /// <param name="gateway">What is called there is called by others, in this process by chance: their own spans are not the gateway's.</param>
        public SpanDump(Uri gateway)
        {
            _listener = new ActivityListener
            {
                ShouldListenTo = _ => true,
                Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
                ActivityStopped = activity =>
                {
                    if (activity.Source.Name != "System.Net.Http" || activity.GetTagItem("url.full") is not string url || !url.StartsWith(gateway.AbsoluteUri, StringComparison.Ordinal))
                    {
                        _ended.Enqueue(Describe(activity));
                    }
                },
            };
            ActivitySource.AddActivityListener(_listener);
        }

        public string Text => string.Join('\n', _ended);

        public void Dispose() => _listener.Dispose();

        private static string Describe(Activity activity) => string.Join(
            '\n',
            [
                activity.Source.Name, activity.OperationName, activity.DisplayName, activity.StatusDescription, activity.TraceStateString,
                .. Tags(activity.TagObjects), .. activity.Baggage.Select(b => $"{b.Key}={b.Value}"),
                .. activity.Events.SelectMany(e => Tags(e.Tags).Prepend(e.Name)), .. activity.Links.SelectMany(l => Tags(l.Tags ?? [])),
            ]);

        private static IEnumerable<string> Tags(IEnumerable<KeyValuePair<string, object?>> tags) => tags.Select(t => $"{t.Key}={t.Value}");
    }
}
