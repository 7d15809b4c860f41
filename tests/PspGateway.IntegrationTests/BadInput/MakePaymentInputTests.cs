using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests.BadInput;

/// <summary>Bodies of makePayment that Vipps would not send, under a token that is right: 400 or FAIL 71, and nothing begins. What was answered FAIL is ended by it.</summary>
public sealed class MakePaymentInputTests(TestWorld world, ITestOutputHelper output) : IClassFixture<TestWorld>
{
    private static readonly string[] Fields =
    [
        "pspTransactionId", "merchantSerialNumber", "paymentState", "paymentInstrument", "binNumber", "userToken", "confirmed",
        "networkToken", "networkToken.number", "networkToken.cryptogram", "networkToken.expiryMonth", "networkToken.expiryYear", "networkToken.tokenType", "networkToken.eci",
        "operations", "unknown",
    ];

    private static readonly string[] OtherTypes = ["null", "true", "0", "-1", "1.5", "1e400", "12345678901234567890123", "\"\"", "\" \"", "[]", "{}", "[{\"a\":[1,{\"b\":null}]}]", "\"\\ud800\"", "\"\\u0000\""];

    [Fact]
    public async Task A_JSON_text_in_place_of_the_body_is_400_or_71()
    {
        var call = await CallAsync();

        var count = await Barrage.RunAsync(await PublishedInputs.JsonTextsAsync(), async text =>
        {
            var (status, errorId) = await call.PostAsync(text.Bytes);
            var isObject = text.IsValid && Encoding.UTF8.GetString(text.Bytes).TrimStart().StartsWith('{');
            return Barrage.Unless(isObject ? (status, errorId) == (200, 71) : status == (text.Bytes.Length > 16_000 ? 413 : 400) || (!text.IsInvalid && errorId == 71), $"{status} {errorId}");
        });

        await NothingBeganAsync(call, count, "CREATED");
    }

    [Fact]
    public async Task A_JSON_text_in_place_of_a_member_that_nobody_knows_is_ignored_or_400()
    {
        var call = await CallAsync();

        var count = await Barrage.RunAsync(await PublishedInputs.JsonTextsAsync(), async text =>
        {
            var (status, errorId) = await call.PostAsync(Splice(call.Body("eci"), text.Bytes));
            return Barrage.Unless(text.IsValid ? (status, errorId) == (200, 71) : status == (text.Bytes.Length > 16_000 ? 413 : 400) || (!text.IsInvalid && errorId == 71), $"{status} {errorId}");
        });

        await NothingBeganAsync(call, count, "ABORTED");
    }

    [Fact]
    public async Task A_member_of_another_type_or_none_or_two_is_71()
    {
        var call = await CallAsync();
        var inputs = Fields.SelectMany(field => OtherTypes.Select(value => (Field: field, Value: (string?)value)).Append((field, null))).ToList();

        var count = await Barrage.RunAsync(inputs, async input => Judge(input.Field, await call.PostAsync(Encoding.UTF8.GetBytes(call.With(input.Field, input.Value)))));
        count += await Barrage.RunAsync(Fields.Where(f => f is not ("unknown" or "operations")), async field => Judge(field, await call.PostAsync(Encoding.UTF8.GetBytes(call.Twice(field)))));

        await NothingBeganAsync(call, count, "ABORTED");
    }

    [Fact]
    public async Task A_naughty_string_in_any_member_is_71()
    {
        var call = await CallAsync();
        var strings = await PublishedInputs.NaughtyStringsAsync();

        var count = await Barrage.RunAsync(Fields.Except(["networkToken", "operations", "userToken", "unknown"]).SelectMany(field => strings.Select(text => (Field: field, Text: text))), async input =>
            Judge(input.Field, await call.PostAsync(Encoding.UTF8.GetBytes(call.With(input.Field, JsonSerializer.Serialize(input.Text))))));

        await NothingBeganAsync(call, count, "ABORTED");
    }

    [Theory]
    [InlineData(17 * 1024, 413)]
    [InlineData(1024 * 1024, 413)]
    public async Task A_body_that_is_too_large_is_refused(int size, int expected)
    {
        var call = await CallAsync();

        Assert.Equal(expected, (await call.PostAsync(Encoding.UTF8.GetBytes(new string(' ', size)))).Status);
        await NothingBeganAsync(call, 1, "CREATED");
    }

    [Theory]
    [InlineData("text/plain", null, 200)]
    [InlineData("application/json; charset=bogus", null, 200)]
    [InlineData("application/json", "gzip", 400)]
    [InlineData("application/json", "deflate", 400)]
    [InlineData("application/json", "nonsense", 200)]
    public async Task What_a_body_is_called_does_not_matter_but_a_packed_one_is_no_JSON(string contentType, string? encoding, int expected)
    {
        var call = await CallAsync();
        var body = Encoding.UTF8.GetBytes(call.Body("eci"));

        Assert.Equal(expected, (await call.PostAsync(Packed.As(encoding, body), contentType, encoding)).Status);
        await NothingBeganAsync(call, 1, expected == 200 ? "ABORTED" : "CREATED");
    }

    /// <summary>Another id or merchant than the token's is a stranger's; whatever else is wrong is an invalid request.</summary>
    private static string? Judge(string field, (int Status, int? ErrorId) answer) =>
        Barrage.Unless(answer is (200, 71) || (answer.Status == 401 && field is "pspTransactionId" or "merchantSerialNumber"), $"{answer.Status} {answer.ErrorId}");

    private static byte[] Splice(string body, byte[] text) => [.. Encoding.UTF8.GetBytes(body[..^1] + ",\"extra\":"), .. text, (byte)'}'];

    /// <param name="state">CREATED where nothing was answered that Vipps would take for the end.</param>
    private async Task NothingBeganAsync(Call call, int count, string state)
    {
        Assert.Equal(state, await world.Merchant.StateAsync(call.Payment.Reference));
        Assert.Empty((await world.BooksAsync(call.Payment.PspTransactionId)).AuthoriseCalls);
        Assert.Equal(0, await world.QueryAsync<long>($"select count(*) from operations where payment_id = '{Guid.Parse(call.Payment.PspTransactionId)}'"));

        // The control: such a call, with nothing wrong in it, is taken.
        var fine = await CallAsync();
        Assert.Equal((200, null), await fine.PostAsync(Encoding.UTF8.GetBytes(fine.Body(null))));
        Assert.Single((await world.BooksAsync(fine.Payment.PspTransactionId)).AuthoriseCalls);
        output.WriteLine($"{count} inputs.");
    }

    private async Task<Call> CallAsync()
    {
        var payment = await world.Merchant.CreateAsync();
        return new Call(world, payment, (await world.Vipps.PaymentAsync(payment.PspTransactionId))["makePaymentToken"]!.GetValue<string>());
    }

    private sealed record Call(TestWorld World, CreatedPayment Payment, string Token)
    {
        /// <summary>An ACCEPTED that is valid but for one member of its network token, so that it can never be taken.</summary>
        public string Body(string? invalid) => Json(invalid).ToJsonString();

        /// <summary>With one member changed, or without it; the one that is invalid besides is another.</summary>
        public string With(string field, string? value)
        {
            const string mark = "\"CHANGED\"";
            var (body, holder, name) = Open(field);
            if (value is null)
            {
                holder.Remove(name);
                return body.ToJsonString();
            }

            holder[name] = "CHANGED";
            return body.ToJsonString().Replace(mark, value, StringComparison.Ordinal);
        }

        public string Twice(string field)
        {
            var (body, holder, name) = Open(field);
            var value = holder[name]?.ToJsonString() ?? "1";
            holder[name] = "CHANGED";
            return body.ToJsonString().Replace("\"CHANGED\"", $"{value},\"{name}\":{value}", StringComparison.Ordinal);
        }

        public async Task<(int Status, int? ErrorId)> PostAsync(byte[] body, string contentType = "application/json", string? encoding = null)
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(World.GatewayUrl, "vipps/make-payment")) { Content = new ByteArrayContent(body) };

            // Else the refusal of a large body meets its sending half-way, and the client sees a broken pipe at times.
            request.Headers.ExpectContinue = body.Length > 16 * 1024;
            request.Headers.TryAddWithoutValidation("Authorization", Token);
            request.Content.Headers.TryAddWithoutValidation("Content-Type", contentType);
            if (encoding is not null)
            {
                request.Content.Headers.TryAddWithoutValidation("Content-Encoding", encoding);
            }

            using var response = await World.Http.SendAsync(request);
            var answer = await response.Content.ReadAsStringAsync();
            Assert.True(response.StatusCode == HttpStatusCode.OK || answer.Length == 0, "only a 200 has a body");
            return ((int)response.StatusCode, answer.Length == 0 ? null : JsonNode.Parse(answer)!["errorMessage"]?["errorId"]?.GetValue<int>());
        }

        private (JsonObject Body, JsonObject Holder, string Name) Open(string field)
        {
            var body = Json(field == "networkToken.eci" ? "number" : "eci");
            return field.Split('.') is [var outer, var inner] ? (body, body[outer]!.AsObject(), inner) : (body, body, field);
        }

        private JsonObject Json(string? invalid)
        {
            var token = new JsonObject { ["number"] = "5000000000000001", ["cryptogram"] = Payment.PspTransactionId, ["expiryMonth"] = "03", ["expiryYear"] = "2030", ["tokenType"] = "VISA", ["eci"] = "7" };
            if (invalid is not null)
            {
                token[invalid] = "x";
            }

            return new JsonObject
            {
                ["pspTransactionId"] = Payment.PspTransactionId,
                ["merchantSerialNumber"] = Settings.Merchant,
                ["paymentState"] = "ACCEPTED",
                ["paymentInstrument"] = "TOKEN",
                ["networkToken"] = token,
            };
        }
    }
}
