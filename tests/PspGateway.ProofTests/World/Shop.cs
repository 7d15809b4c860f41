using System.Collections.Concurrent;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Npgsql;
using PspGateway.IntegrationTests.World;
using PspGateway.ProofTests.Books;

namespace PspGateway.ProofTests.World;

/// <summary>The merchant, who repeats what had no answer, and the customer's phone. Keeps what Vipps was answered.</summary>
internal sealed class Shop(ProofWorld world)
{
    /// <summary>How long a merchant repeats what had no answer.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private const string Payments = "epayment/v1/payments";
    private readonly ConcurrentQueue<Call> _calls = new();
    /// <summary>Lives as long as the proof.</summary>
    private static readonly HttpClient Customer = new(new SocketsHttpHandler { AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(5) }) { Timeout = TimeSpan.FromSeconds(60) };
    private string? _token;

    public IReadOnlyList<Call> Calls => [.. _calls];

    public static string AReference() => $"proof-{Guid.NewGuid():N}";

    /// <summary>Repeats the create under its key until there is an answer that stands. The payment's id; null when it was refused before it was stored.</summary>
    public async Task<string?> CreateAsync(long amount, string reference)
    {
        var body = ABody(amount, reference);
        var until = TimeProvider.System.GetTimestamp() + (long)(Patience.TotalSeconds * TimeProvider.System.TimestampFrequency);
        while (TimeProvider.System.GetTimestamp() < until)
        {
            var (status, text) = await AskAsync(Payments, body, reference);
            if (status is HttpStatusCode.Created || text.Contains("init-answer-lost", StringComparison.Ordinal))
            {
                return await IdOfAsync(reference);
            }

            Assert.False(status is HttpStatusCode.BadRequest, text);
            await Task.Delay(200);
        }

        throw new TimeoutException($"No answer to the create of {reference} in {Patience}.");
    }

    /// <summary>Null when it was answered 201 at the first try; else what was answered instead. It is cancelled by the customer at once.</summary>
    public async Task<string?> TryCreateOnceAsync(long amount)
    {
        var reference = AReference();
        var (status, text) = await AskAsync(Payments, ABody(amount, reference), reference);
        if (status != HttpStatusCode.Created)
        {
            return $"{status} {text}";
        }

        await PostAsync(await IdOfAsync(reference) ?? "", "USER_CANCEL");
        return null;
    }

    /// <summary>Posts to makePayment as Vipps does.</summary>
    /// <param name="mayStepUp">With addresses that a step-up may end at; the simulator's own are no hosts of Vipps'.</param>
    public async Task<Call> PostAsync(string payment, string state = "ACCEPTED", int? hangUpAfterMs = null, bool repeat = false, Func<Call, Call>? mark = null, bool mayStepUp = false)
    {
        var order = new JsonObject { ["paymentState"] = state, ["repeatLast"] = repeat, ["hangUpAfterMs"] = hangUpAfterMs };
        if (mayStepUp)
        {
            order["merge"] = new JsonObject { ["operations"] = new JsonArray([.. new[] { "3dssuccess", "3dscancel", "3dsfailure" }.Select(o => new JsonObject { ["operation"] = o, ["url"] = $"https://vipps.no/mobileintercept?{o}" })]) };
        }

        using var response = await world.Http.PostAsJsonAsync(new Uri(world.Simulator.Url, $"control/vipps/payments/{payment}/post"), order);
        var text = await response.Content.ReadAsStringAsync();
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            // A create that broke off before Vipps heard of it, and ended: there is nothing on the phone to approve.
            return new Call(payment, state, null, "", 0) { NoAnswerPromised = true };
        }

        Assert.True(response.IsSuccessStatusCode, $"{response.StatusCode} {text}");
        var answer = JsonNode.Parse(text)!;
        var call = new Call(payment, state, answer["httpStatus"]?.GetValue<int>(), answer["body"]?.GetValue<string>() ?? "", answer["elapsedMs"]!.GetValue<double>()) { NoAnswerPromised = hangUpAfterMs is not null, Afterwards = repeat };
        call = mark?.Invoke(call) ?? call;
        _calls.Enqueue(call);
        return call;
    }

    /// <summary>Until somebody has heard it: a no that reached nobody is nothing that a gateway could act upon.</summary>
    public async Task RefuseAsync(string payment, string state, Func<Call, Call> mark)
    {
        for (var tries = 0; tries < 20 && (await PostAsync(payment, state, mark: mark)).Status is null; tries++)
        {
            await Task.Delay(300);
        }
    }

    /// <summary>The customer opens the 3-D Secure page and starts, and what the bank has to say comes without a challenge; or gives up there.</summary>
    public async Task StepUpAsync(string page, bool givesUp = false)
    {
        try
        {
            using var response = await Customer.PostAsync(givesUp ? $"{page}/cancel" : page, new FormUrlEncodedContent([]));
            Assert.True((int)response.StatusCode is < 400 or 500 or 503, $"{response.StatusCode}");
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException or SocketException)
        {
            // Whoever served the page is gone.
        }
    }

    /// <param name="side">vipps or acquirer</param>
    public async Task FaultAsync(string side, string path, string mode, string contains, int delayMs = 0, int answerDelayMs = 0, int times = 1)
    {
        var fault = new JsonObject { ["path"] = path, ["mode"] = mode, ["contains"] = contains, ["delayMs"] = delayMs, ["answerDelayMs"] = answerDelayMs, ["times"] = times };
        using var response = await world.Http.PostAsJsonAsync(new Uri(world.Simulator.Url, $"control/{side}/faults"), fault);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task RevokeAccessTokensAsync()
    {
        using var response = await world.Http.PostAsync(new Uri(world.Simulator.Url, "control/vipps/access-tokens/revoke"), null);
        Assert.True(response.IsSuccessStatusCode);
    }

    private static string ABody(long amount, string reference) => new JsonObject
    {
        ["amount"] = new JsonObject { ["currency"] = "NOK", ["value"] = amount },
        ["paymentMethod"] = new JsonObject { ["type"] = "WALLET" },
        ["reference"] = reference,
        ["userFlow"] = "WEB_REDIRECT",
        ["returnUrl"] = "https://shop.example/back",
        ["paymentDescription"] = "Two loaves of bread",
    }.ToJsonString();

    /// <summary>Asks the merchant API once. No status: there was no answer.</summary>
    public async Task<(HttpStatusCode? Status, string Text)> AskAsync(string path, string body, string key)
    {
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(15));
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.Front.Url, path)) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {_token ??= await TokenAsync(limit.Token)}");
            request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", Settings.SubscriptionKey);
            request.Headers.TryAddWithoutValidation("Merchant-Serial-Number", Settings.Merchant);
            request.Headers.TryAddWithoutValidation("Idempotency-Key", key);
            using var response = await world.Http.SendAsync(request, limit.Token);
            _token = response.StatusCode == HttpStatusCode.Unauthorized ? null : _token;
            return (response.StatusCode, await response.Content.ReadAsStringAsync(limit.Token));
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or IOException or SocketException)
        {
            return (null, "");
        }
    }

    private async Task<string> TokenAsync(CancellationToken cancellationToken)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.Front.Url, "accesstoken/get"));
        request.Headers.TryAddWithoutValidation("client_id", Settings.ClientId);
        request.Headers.TryAddWithoutValidation("client_secret", Settings.ClientSecret);
        request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", Settings.SubscriptionKey);
        using var response = await world.Http.SendAsync(request, cancellationToken);
        return response.IsSuccessStatusCode
            ? JsonNode.Parse(await response.Content.ReadAsStringAsync(cancellationToken))!["access_token"]!.GetValue<string>()
            : throw new HttpRequestException($"No access token: {response.StatusCode}.");
    }

    private async Task<string?> IdOfAsync(string reference)
    {
        for (var tries = 0; ; tries++)
        {
            try
            {
                await using var connection = new NpgsqlConnection(world.Postgres.ConnectionString + ";Maximum Pool Size=10;Timeout=5");
                await connection.OpenAsync();
                await using var command = new NpgsqlCommand("select replace(id::text, '-', '') from payments where reference = @reference", connection);
                command.Parameters.AddWithValue("reference", reference);
                return await command.ExecuteScalarAsync() as string;
            }
            catch (NpgsqlException) when (tries < 100)
            {
                // The server is down for the moment.
                await Task.Delay(300);
            }
        }
    }
}
