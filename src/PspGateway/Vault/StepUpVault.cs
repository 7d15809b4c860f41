using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using PspGateway.Domain.Cards;
using PspGateway.Domain.Operations;

namespace PspGateway.Vault;

/// <summary>
/// Seals what a step-up keeps, for its ten minutes: the card without its cryptogram, the issuer's page, the issuer's result. Each value names
/// the epoch that sealed it in its first 16 bytes. No epoch is destroyed within a day of its use, so none has to be held for these.
/// </summary>
internal sealed class StepUpVault(IEpochKeys epochs)
{
    private const int EpochSize = 16;

    public Task<byte[]> SealCardAsync(StepUpCard card, TokenBinding binding, CancellationToken cancellationToken) =>
        SealAsync("step-up card", [card.Number.Reveal(), card.Expiry.Month.ToString(CultureInfo.InvariantCulture), card.Expiry.Year.ToString(CultureInfo.InvariantCulture), card.Scheme.ToString()], binding, cancellationToken);

    /// <exception cref="CryptographicException">Bound to something else, changed, or its epoch is destroyed.</exception>
    public async Task<StepUpCard> OpenCardAsync(byte[] card, TokenBinding binding, CancellationToken cancellationToken) =>
        await OpenAsync("step-up card", card, binding, cancellationToken) is [var number, var month, var year, var scheme]
        && NetworkToken.TryCreate(number, out var token) && token is not null && TokenExpiry.TryCreate(month, year, out var expiry)
            ? new StepUpCard(token, expiry, Enum.Parse<CardScheme>(scheme))
            : throw new CryptographicException("The sealed value does not hold a card.");

    public Task<byte[]> SealPageAsync(IssuerPage page, TokenBinding binding, CancellationToken cancellationToken) =>
        SealAsync("step-up page", [page.Address.AbsoluteUri, page.Posts ? "POST" : "GET", .. page.Fields.SelectMany(f => new[] { f.Key, f.Value })], binding, cancellationToken);

    public async Task<IssuerPage> OpenPageAsync(byte[] page, TokenBinding binding, CancellationToken cancellationToken) =>
        await OpenAsync("step-up page", page, binding, cancellationToken) is [var address, var method, .. var fields]
            ? new IssuerPage(new Uri(address), method == "POST", [.. fields.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1]))])
            : throw new CryptographicException("The sealed value does not hold a page.");

    public Task<byte[]> SealResultAsync(AuthenticationResult result, TokenBinding binding, CancellationToken cancellationToken) =>
        SealAsync("step-up result", [result.RevealCavv(), result.Eci.Value, result.DsTransId, result.Version, result.TransStatus.ToString(), result.Challenged ? "challenged" : "frictionless"], binding, cancellationToken);

    public async Task<AuthenticationResult> OpenResultAsync(byte[] result, TokenBinding binding, CancellationToken cancellationToken) =>
        await OpenAsync("step-up result", result, binding, cancellationToken) is [var cavv, var eci, var dsTransId, var version, var status, var challenged]
        && AuthenticationResult.Create(cavv, eci, dsTransId, version, status, challenged == "challenged") is { } opened
            ? opened
            : throw new CryptographicException("The sealed value does not hold a result.");

    private async Task<byte[]> SealAsync(string what, string[] parts, TokenBinding binding, CancellationToken cancellationToken)
    {
        var epoch = await epochs.TodayAsync(cancellationToken);
        using var plain = new MemoryStream();
        await using (var writer = new BinaryWriter(plain, Encoding.UTF8, leaveOpen: true))
        {
            writer.Write(parts.Length);
            foreach (var part in parts)
            {
                writer.Write(part);
            }
        }

        var clear = plain.GetBuffer();
        try
        {
            return [.. epoch.Id.ToByteArray(bigEndian: true), .. Envelope.Seal(clear.AsSpan(0, (int)plain.Length), AdditionalData(what, binding), epoch.Reveal())];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    private async Task<string[]> OpenAsync(string what, byte[] value, TokenBinding binding, CancellationToken cancellationToken)
    {
        if (value.Length < EpochSize)
        {
            throw new CryptographicException("The sealed value is too short.");
        }

        var epoch = await epochs.ByIdAsync(new Guid(value.AsSpan(0, EpochSize), bigEndian: true), cancellationToken);
        var clear = Envelope.Open(value.AsSpan(EpochSize), AdditionalData(what, binding), epoch.Reveal());
        try
        {
            using var reader = new BinaryReader(new MemoryStream(clear, writable: false), Encoding.UTF8);
            return [.. Enumerable.Range(0, reader.ReadInt32()).Select(_ => reader.ReadString())];
        }
        finally
        {
            CryptographicOperations.ZeroMemory(clear);
        }
    }

    private static byte[] AdditionalData(string what, TokenBinding binding) => [.. Encoding.ASCII.GetBytes(what), .. binding.ToAdditionalData()];
}
