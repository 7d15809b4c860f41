using System.Security.Cryptography;
using System.Text;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Authentication.JwtBearer;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;
using PspGateway.Domain;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Merchants;
using PspGateway.Domain.Payments;
using PspGateway.Vault;
using PspGateway.Vipps;
using PspGateway.Vipps.Wire;

namespace PspGateway.Bench.Micro;

/// <summary>One random key per token, AES-256-GCM twice.</summary>
[MemoryDiagnoser]
public class SealingBenchmark
{
    private readonly byte[] _epochKey = RandomNumberGenerator.GetBytes(32);
    private readonly TokenBinding _binding = new(Guid.CreateVersion7(), "123456", Guid.CreateVersion7());
    private readonly CardToken _token = MakePaymentCall.Parse(ParsingBenchmark.Body)!.Token!;
    private byte[] _sealed = [];

    [GlobalSetup]
    public void Setup() => _sealed = Seal();

    [Benchmark]
    public byte[] Seal() => TokenVault.Seal(_token, _binding, _epochKey);

    [Benchmark]
    public object Open() => TokenVault.Open(_sealed, _binding, _epochKey);
}

/// <summary>A makePaymentToken, verified as its scheme does it.</summary>
[MemoryDiagnoser]
public class VerifyingBenchmark
{
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private TokenValidationParameters _parameters = new();
    private string _token = "";

    [GlobalSetup]
    public void Setup()
    {
        var options = new MakePaymentOptions();
        options.SigningKeys.Add(new MakePaymentOptions.SigningKey { Id = "b1", Key = Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)) });
        var tokens = new MakePaymentTokens(Options.Create(options));
        _token = tokens.Issue(new PspTransactionId(Guid.CreateVersion7()), MerchantSerialNumber.Parse("123456"), new Money(49900, Currency.NOK), "b1", TimeProvider.System.GetUtcNow().AddHours(1));
        var bearer = new JwtBearerOptions();
        new MakePaymentAuthentication(tokens).Configure(MakePaymentAuthentication.Scheme, bearer);
        _parameters = bearer.TokenValidationParameters;
    }

    [Benchmark]
    public Task<TokenValidationResult> Verify() => _handler.ValidateTokenAsync(_token, _parameters);

    [Benchmark]
    public byte[] Hash() => MakePaymentTokens.Hash(_token);
}

/// <summary>A makePayment call as Vipps sends it.</summary>
[MemoryDiagnoser]
public class ParsingBenchmark
{
    internal static readonly byte[] Body = Encoding.UTF8.GetBytes("""
        {"pspTransactionId":"0190a1b2c3d47e5f8a9b0c1d2e3f4a5b","merchantSerialNumber":"123456","paymentState":"ACCEPTED","paymentInstrument":"TOKEN","binNumber":"492500",
        "networkToken":{"number":"4895370012003478","cryptogram":"AgAAAAAABk4DWZ4C28yUQAAAAAA=","expiryMonth":"12","expiryYear":"2030","tokenType":"VISA","eci":"7"},
        "operations":[{"url":"https://vipps.no/mobileintercept?responsecode=OK","operation":"3dssuccess"},{"url":"https://vipps.no/mobileintercept?responsecode=CANCEL","operation":"3dscancel"}]}
        """);

    [Benchmark]
    public object? Parse() => MakePaymentCall.Parse(Body);
}
