using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace PspGateway.IntegrationTests.World;

/// <summary>What Vipps got for a call to makePayment.</summary>
internal sealed class Posted(JsonNode answer)
{
    public int? Status => answer["httpStatus"]?.GetValue<int>();

    public string Body => answer["body"]?.GetValue<string>() ?? "";

    public string? ContentType => answer["contentType"]?.GetValue<string>();

    public double ElapsedMs => answer["elapsedMs"]!.GetValue<double>();

    public string? PaymentStatus => Body.Length == 0 ? null : JsonNode.Parse(Body)?["paymentInfo"]?["status"]?.GetValue<string>();

    public string? Url3dSecure => JsonNode.Parse(Body)?["paymentInfo"]?["url3dSecure"]?.GetValue<string>();

    public int? ErrorId => Body.Length == 0 ? null : JsonNode.Parse(Body)?["errorMessage"]?["errorId"]?.GetValue<int>();

    public string? ErrorText => Body.Length == 0 ? null : JsonNode.Parse(Body)?["errorMessage"]?["errorText"]?.GetValue<string>();
}

/// <summary>The simulator's controls.</summary>
internal sealed class VippsDesk(HttpClient http, Uri simulator)
{
    /// <summary>Posts to makePayment as Vipps does when the customer approves, or as <paramref name="how"/> says.</summary>
    public async Task<Posted> PostAsync(string pspTransactionId, JsonObject? how = null)
    {
        using var response = await http.PostAsJsonAsync(new Uri(simulator, $"control/vipps/payments/{pspTransactionId}/post"), how ?? []);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
        return new Posted((await response.Content.ReadFromJsonAsync<JsonNode>())!);
    }

    public Task<Posted> PostAsync(string pspTransactionId, string paymentState) => PostAsync(pspTransactionId, new JsonObject { ["paymentState"] = paymentState });

    public async Task<JsonNode> PaymentAsync(string pspTransactionId) => (await http.GetFromJsonAsync<JsonNode>(new Uri(simulator, $"control/vipps/payments/{pspTransactionId}")))!;

    public async Task<IReadOnlyList<JsonNode>> RequestsAsync(string path) =>
        [.. (await http.GetFromJsonAsync<JsonNode>(new Uri(simulator, $"control/vipps/requests?path={path}")))!.AsArray().Select(r => r!)];

    public Task FaultAsync(string side, JsonObject fault) => DoAsync($"control/{side}/faults", fault);

    public Task RevokeAccessTokensAsync() => DoAsync("control/vipps/access-tokens/revoke", []);

    public Task NotificationsAsync(string mode, int copies = 1, int jitterMs = 0) =>
        DoAsync("control/acquirer/notifications", new JsonObject { ["mode"] = mode, ["copies"] = copies, ["jitterMs"] = jitterMs });

    public Task ReleaseNotificationsAsync(bool reverse) => DoAsync("control/acquirer/notifications/release", new JsonObject { ["reverse"] = reverse });

    /// <summary>The next modification of that kind whose reference contains the text is received, and fails.</summary>
    public Task FailModificationAsync(string eventCode, string contains) => DoAsync("control/acquirer/failures", new JsonObject { ["eventCode"] = eventCode, ["contains"] = contains });

    /// <summary>What took effect is undone, and told as <paramref name="eventCode"/>.</summary>
    public Task UndoModificationAsync(string eventCode, string reference) => DoAsync("control/acquirer/undo", new JsonObject { ["eventCode"] = eventCode, ["reference"] = reference });

    private async Task DoAsync(string path, JsonObject body)
    {
        using var response = await http.PostAsJsonAsync(new Uri(simulator, path), body);
        Assert.True(response.IsSuccessStatusCode, await response.Content.ReadAsStringAsync());
    }
}
