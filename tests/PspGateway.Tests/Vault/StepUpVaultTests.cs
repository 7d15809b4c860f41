using System.Security.Cryptography;
using System.Text;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;
using PspGateway.Vault;

namespace PspGateway.Tests.Vault;

public sealed class StepUpVaultTests : IDisposable
{
    private static readonly TokenBinding Binding = new(APayment.Id, "123456", Guid.Parse("11111111222233334444555555555555"));
    private readonly StepUpVault _vault = new(new OneEpoch());
    private readonly string _path = Path.Combine(Path.GetTempPath(), $"pspgateway-tests-{Guid.NewGuid():N}");

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        if (Directory.Exists(_path))
        {
            Directory.Delete(_path, recursive: true);
        }
    }

    [Fact]
    public async Task A_card_opens_as_it_was_but_for_its_cryptogram()
    {
        var token = ACardToken.Valid(CardScheme.Mastercard);
        var sealedCard = await _vault.SealCardAsync(new StepUpCard(token.Number, token.Expiry, token.Scheme), Binding, Stop);

        var card = await _vault.OpenCardAsync(sealedCard, Binding, Stop);

        Assert.Equal((ACardToken.Number, token.Expiry, CardScheme.Mastercard), (card.Number.Reveal(), card.Expiry, card.Scheme));
        Assert.DoesNotContain(ACardToken.Number[..6], Encoding.Latin1.GetString(sealedCard), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_and_a_result_open_as_they_were()
    {
        var page = new IssuerPage(new Uri("https://bank.example/?a=b"), Posts: true, [KeyValuePair.Create("MD", "1\n2"), KeyValuePair.Create("æ", "")]);
        var result = AuthenticationResult.Create("AAECAwQ=", "5", "id", "2.2.0", "A", challenged: true)!;

        var openedPage = await _vault.OpenPageAsync(await _vault.SealPageAsync(page, Binding, Stop), Binding, Stop);
        var opened = await _vault.OpenResultAsync(await _vault.SealResultAsync(result, Binding, Stop), Binding, Stop);

        Assert.Equal((page.Address, true), (openedPage.Address, openedPage.Posts));
        Assert.Equal(page.Fields, openedPage.Fields);
        Assert.Equal(("AAECAwQ=", "05", "id", "2.2.0", 'A', true), (opened.RevealCavv(), opened.Eci.Value, opened.DsTransId, opened.Version, opened.TransStatus, opened.Challenged));
    }

    [Fact]
    public async Task What_is_sealed_opens_for_nothing_else()
    {
        var token = ACardToken.Valid();
        var card = await _vault.SealCardAsync(new StepUpCard(token.Number, token.Expiry, token.Scheme), Binding, Stop);
        TokenBinding[] others = [Binding with { PaymentId = Guid.NewGuid() }, Binding with { MerchantSerialNumber = "654321" }, Binding with { OperationId = Guid.NewGuid() }];

        foreach (var other in others)
        {
            await Assert.ThrowsAnyAsync<CryptographicException>(() => _vault.OpenCardAsync(card, other, Stop));
        }

        await Assert.ThrowsAnyAsync<CryptographicException>(() => _vault.OpenPageAsync(card, Binding, Stop));
        await Assert.ThrowsAnyAsync<CryptographicException>(() => _vault.OpenResultAsync(card, Binding, Stop));
        await Assert.ThrowsAnyAsync<CryptographicException>(() => _vault.OpenCardAsync([1, 2, 3], Binding, Stop));
        card[^1] ^= 1;
        await Assert.ThrowsAnyAsync<CryptographicException>(() => _vault.OpenCardAsync(card, Binding, Stop));
    }

    [Fact]
    public async Task Fingerprints_know_a_call_again_on_every_replica_and_say_nothing_across_payments()
    {
        var first = await FingerprintsAsync(new byte[32]);
        var second = await FingerprintsAsync(new byte[32]);
        var token = ACardToken.Valid();
        Assert.True(Cryptogram.TryCreate("another", out var cryptogram));
        var fresh = new CardToken(token.Number, cryptogram!, token.Expiry, token.Scheme, token.Eci);

        Assert.True(Fingerprints.Equal(first.OfToken(APayment.Id, token), second.OfToken(APayment.Id, token)));
        Assert.True(Fingerprints.Equal(first.OfNumber(APayment.Id, token), first.OfNumber(APayment.Id, fresh)));
        Assert.False(Fingerprints.Equal(first.OfToken(APayment.Id, token), first.OfToken(APayment.Id, fresh)));
        Assert.False(Fingerprints.Equal(first.OfNumber(APayment.Id, token), first.OfNumber(Guid.NewGuid(), token)));
        Assert.False(Fingerprints.Equal(first.OfNumber(APayment.Id, token), first.OfToken(APayment.Id, token)));
        Assert.NotEqual(first.OfNumber(APayment.Id, token), SHA256.HashData(Encoding.ASCII.GetBytes(ACardToken.Number)));
    }

    [Theory]
    [InlineData(null, "05", "id", "2.2.0", "Y")]
    [InlineData("", "05", "id", "2.2.0", "Y")]
    [InlineData("cavv", "x", "id", "2.2.0", "Y")]
    [InlineData("cavv", "05", null, "2.2.0", "Y")]
    [InlineData("cavv", "05", "id", "", "Y")]
    [InlineData("cavv", "05", "id", "2.2.0", "N")]
    [InlineData("cavv", "05", "id", "2.2.0", "R")]
    [InlineData("cavv", "05", "id", "2.2.0", "U")]
    [InlineData("cavv", "05", "id", "2.2.0", "C")]
    [InlineData("cavv", "05", "id", "2.2.0", null)]
    [InlineData("ca\nvv", "05", "id", "2.2.0", "Y")]
    public void A_result_that_is_not_whole_or_says_no_is_none(string? cavv, string? eci, string? id, string? version, string? status) =>
        Assert.Null(AuthenticationResult.Create(cavv, eci, id, version, status, challenged: true));

    private async Task<Fingerprints> FingerprintsAsync(byte[] masterKey)
    {
        var fingerprints = new Fingerprints(new KeyFolder(_path), new LocalKeyWrapper(masterKey));
        await fingerprints.LoadAsync(Stop);
        return fingerprints;
    }

    private sealed class OneEpoch : IEpochKeys
    {
        private static readonly EpochKey Key = new(Guid.Parse("11111111-1111-7111-8111-111111111111"), new byte[32]);

        public ValueTask<EpochKey> TodayAsync(CancellationToken cancellationToken) => ValueTask.FromResult(Key);

        public ValueTask<EpochKey> ByIdAsync(Guid id, CancellationToken cancellationToken) => id == Key.Id ? ValueTask.FromResult(Key) : throw new CryptographicException("Another epoch.");
    }
}
