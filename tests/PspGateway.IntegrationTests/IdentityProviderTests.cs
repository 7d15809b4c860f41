using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PspGateway.IntegrationTests.World;

namespace PspGateway.IntegrationTests;

/// <summary>An identity provider of the PSP's own, as far as a gateway sees it: its configuration, its keys, its tokens.</summary>
public sealed class WorldWithIdentityProvider(TestPostgres postgres) : TestWorld(postgres)
{
    private readonly WebApplication _provider = Build();
    private readonly RsaSecurityKey _key = new(RSA.Create(2048)) { KeyId = "k1" };

    public Uri Authority { get; } = new($"http://127.0.0.1:{Ports.Free()}");

    protected override IReadOnlyDictionary<string, string?> Overrides
    {
        get
        {
            _provider.Urls.Add(Authority.AbsoluteUri);
            _provider.MapGet("/.well-known/openid-configuration", () => Results.Json(new Dictionary<string, string>(StringComparer.Ordinal) { ["issuer"] = Issuer, ["jwks_uri"] = $"{Issuer}/keys" }));
            _provider.MapGet("/keys", () =>
            {
                var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(_key.Rsa.ExportParameters(includePrivateParameters: false)) { KeyId = _key.KeyId });
                return Results.Json(new { keys = new[] { new { kty = key.Kty, kid = key.Kid, use = "sig", n = key.N, e = key.E } } });
            });
            _provider.StartAsync().GetAwaiter().GetResult();
            return new Dictionary<string, string?>(StringComparer.Ordinal) { ["Merchants:Authority"] = Issuer, ["Merchants:Audience"] = "https://payments.example" };
        }
    }

    private string Issuer => Authority.AbsoluteUri.TrimEnd('/');

    /// <param name="change">Makes of a right token a wrong one.</param>
    internal string Token(Action<SecurityTokenDescriptor>? change = null)
    {
        var descriptor = new SecurityTokenDescriptor
        {
            Issuer = Issuer,
            Audience = "https://payments.example",
            Expires = TimeProvider.System.GetUtcNow().UtcDateTime.AddMinutes(5),
            TokenType = "at+jwt",
            Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["client_id"] = Settings.ClientId, ["sub"] = "somebody" },
            SigningCredentials = new SigningCredentials(_key, SecurityAlgorithms.RsaSha256),
        };
        change?.Invoke(descriptor);
        return new JsonWebTokenHandler().CreateToken(descriptor);
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        await _provider.DisposeAsync();
    }

    private static WebApplication Build()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        return builder.Build();
    }
}

public sealed class IdentityProviderTests(WorldWithIdentityProvider world) : IClassFixture<WorldWithIdentityProvider>
{
    [Fact]
    public async Task A_token_of_the_PSPs_own_identity_provider_is_taken_for_its_clients_merchants_only()
    {
        Assert.Equal(HttpStatusCode.Created, await CreateAsync(world.Token(), Settings.Merchant));
        Assert.Equal(HttpStatusCode.Forbidden, await CreateAsync(world.Token(), Settings.OtherMerchant));
        Assert.Equal(HttpStatusCode.Created, await CreateAsync(world.Token(t => t.Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["azp"] = Settings.ClientId }), Settings.Merchant));
    }

    [Fact]
    public async Task The_gateways_own_tokens_are_still_taken() => await world.Merchant.CreateAsync();

    [Fact]
    public async Task Tokens_that_are_none_of_its_are_refused_with_one_answer()
    {
        using var other = RSA.Create(2048);
        var forged = new SigningCredentials(new RsaSecurityKey(other) { KeyId = "k1" }, SecurityAlgorithms.RsaSha256);
        var shared = new SigningCredentials(new SymmetricSecurityKey(Encoding.ASCII.GetBytes(new string('k', 64))) { KeyId = "k1" }, SecurityAlgorithms.HmacSha256);
        Action<SecurityTokenDescriptor>[] wrongs =
        [
            t => t.SigningCredentials = forged,
            t => t.SigningCredentials = shared,
            t => t.SigningCredentials = null,
            t => t.Issuer = "https://elsewhere.example",
            t => t.Audience = "https://other.example",
            t => (t.NotBefore, t.IssuedAt, t.Expires) = (DateTime.UnixEpoch.AddYears(50), DateTime.UnixEpoch.AddYears(50), DateTime.UnixEpoch.AddYears(51)),
            t => t.Claims = new Dictionary<string, object>(StringComparer.Ordinal) { ["sub"] = Settings.ClientId },
            t => t.TokenType = "mp+jwt",
            t => t.Claims!["sid"] = "a user's session",
            t => t.Claims!["scp"] = "openid profile",
        ];

        foreach (var wrong in wrongs)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await CreateAsync(world.Token(wrong), Settings.Merchant));
        }
    }

    private async Task<HttpStatusCode> CreateAsync(string token, string merchant)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(world.GatewayUrl, "epayment/v1/payments"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        request.Headers.TryAddWithoutValidation("Ocp-Apim-Subscription-Key", Settings.SubscriptionKey);
        request.Headers.TryAddWithoutValidation("Merchant-Serial-Number", merchant);
        request.Headers.TryAddWithoutValidation("Idempotency-Key", Guid.NewGuid().ToString());
        request.Content = new StringContent(MerchantClient.ABody(MerchantClient.AReference()).ToJsonString(), Encoding.UTF8, "application/json");
        using var response = await world.Http.SendAsync(request);
        return response.StatusCode;
    }
}
