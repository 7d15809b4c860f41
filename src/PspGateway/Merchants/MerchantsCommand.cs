using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using PspGateway.Domain.Merchants;
using PspGateway.Storage;
using PspGateway.Storage.Rows;

namespace PspGateway.Merchants;

/// <summary>`dotnet PspGateway.dll merchants …`: who may use the merchant API. A secret is shown once, when it is made; here it is stored hashed.</summary>
internal sealed class MerchantsCommand(GatewayDatabase database, TextWriter output, TimeProvider time)
{
    public const string Usage = """
        merchants list
        merchants add MSN --name NAME --client-id ID --subscription-key KEY [--return-url-origin ORIGIN]… [--acquirer-account ACCOUNT] [--credit-cards yes|no]
        merchants change MSN [--name NAME] [--subscription-key KEY] [--return-url-origin ORIGIN]… [--acquirer-account ACCOUNT|none] [--credit-cards yes|no]
        merchants rotate CLIENT-ID [--overlap HOURS]
        merchants disable MSN
        merchants enable MSN
        """;

    private const int SecretBytes = 32;
    private static readonly TimeSpan DefaultOverlap = TimeSpan.FromHours(24);

    /// <returns>0 done, 1 refused, 2 not understood.</returns>
    public async Task<int> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        try
        {
            return args switch
            {
                [] or ["list"] => await ListAsync(cancellationToken),
                ["add", { } msn, .. var options] => await AddAsync(Number(msn), MerchantChange.Parse(options), cancellationToken),
                ["change", { } msn, .. var options] => await ChangeAsync(Number(msn), MerchantChange.Parse(options), cancellationToken),
                ["rotate", { } client] => await RotateAsync(client, DefaultOverlap, cancellationToken),
                ["rotate", { } client, "--overlap", { } hours] when double.TryParse(hours, CultureInfo.InvariantCulture, out var overlap) && overlap is >= 0 and <= 24 * 90 =>
                    await RotateAsync(client, TimeSpan.FromHours(overlap), cancellationToken),
                ["disable", { } msn] => await SwitchAsync(Number(msn), disabled: true, cancellationToken),
                ["enable", { } msn] => await SwitchAsync(Number(msn), disabled: false, cancellationToken),
                _ => throw new MerchantCommandException(Usage),
            };
        }
        catch (MerchantCommandException exception)
        {
            await output.WriteLineAsync(exception.Message);
            return 2;
        }
    }

    private async Task<int> ListAsync(CancellationToken cancellationToken)
    {
        await using var db = Open();
        foreach (var m in await db.Merchants.AsNoTracking().OrderBy(m => m.MerchantSerialNumber).ToListAsync(cancellationToken))
        {
            await output.WriteLineAsync($"{m.MerchantSerialNumber,-10}  {(m.DisabledAt is null ? "active  " : "disabled")}  {m.ClientId}  {m.Name}  account {m.AcquirerAccount ?? "the gateway's"}  credit cards {(m.AcceptsCreditCards ? "yes" : "no")}  {string.Join(' ', m.ReturnUrlOrigins)}");
        }

        return 0;
    }

    private async Task<int> AddAsync(MerchantSerialNumber msn, MerchantChange wanted, CancellationToken cancellationToken)
    {
        await using var db = Open();
        if (await db.Merchants.AnyAsync(m => m.MerchantSerialNumber == msn.Value, cancellationToken))
        {
            return await RefuseAsync($"Merchant {msn} is there already: change it.");
        }

        var clientId = wanted.ClientId ?? throw new MerchantCommandException("--client-id is missing.");
        db.Merchants.Add(new MerchantRow
        {
            MerchantSerialNumber = msn.Value,
            Name = wanted.Name ?? throw new MerchantCommandException("--name is missing."),
            ClientId = clientId,
            SubscriptionKeyHash = HashOf(wanted.SubscriptionKey ?? throw new MerchantCommandException("--subscription-key is missing.")),
            ReturnUrlOrigins = [.. wanted.ReturnUrlOrigins],
            AcquirerAccount = wanted.AcquirerAccount is { Length: > 0 } account ? account : null,
            AcceptsCreditCards = wanted.CreditCards ?? true,
            CreatedAt = time.GetUtcNow(),
        });
        string? secret = null;
        if (!await db.MerchantSecrets.AnyAsync(s => s.ClientId == clientId, cancellationToken))
        {
            secret = AddSecret(db, clientId);
        }

        await db.SaveChangesAsync(cancellationToken);
        await output.WriteLineAsync($"Merchant {msn} is added.");
        await output.WriteLineAsync(secret is null ? $"Client {clientId} keeps its secret." : $"The secret of client {clientId}, shown this once: {secret}");
        return 0;
    }

    private async Task<int> ChangeAsync(MerchantSerialNumber msn, MerchantChange wanted, CancellationToken cancellationToken)
    {
        if (wanted.ClientId is not null)
        {
            throw new MerchantCommandException("--client-id cannot be changed: payments and secrets are the client's.");
        }

        await using var db = Open();
        if (await db.Merchants.SingleOrDefaultAsync(m => m.MerchantSerialNumber == msn.Value, cancellationToken) is not { } merchant)
        {
            return await RefuseAsync($"There is no merchant {msn}.");
        }

        merchant.Name = wanted.Name ?? merchant.Name;
        merchant.SubscriptionKeyHash = wanted.SubscriptionKey is { } key ? HashOf(key) : merchant.SubscriptionKeyHash;
        merchant.ReturnUrlOrigins = wanted.ReturnUrlOrigins.Count > 0 ? [.. wanted.ReturnUrlOrigins] : merchant.ReturnUrlOrigins;
        merchant.AcquirerAccount = wanted.AcquirerAccount is { } account ? account.Length > 0 ? account : null : merchant.AcquirerAccount;
        merchant.AcceptsCreditCards = wanted.CreditCards ?? merchant.AcceptsCreditCards;
        await db.SaveChangesAsync(cancellationToken);
        await output.WriteLineAsync($"Merchant {msn} is changed. Payments that exist keep their acquirer account.");
        return 0;
    }

    /// <summary>The old secrets go on for the overlap, so that the merchant can change over without a gap.</summary>
    private async Task<int> RotateAsync(string clientId, TimeSpan overlap, CancellationToken cancellationToken)
    {
        await using var db = Open();
        if (!await db.Merchants.AnyAsync(m => m.ClientId == clientId, cancellationToken))
        {
            return await RefuseAsync($"There is no client {clientId}.");
        }

        var until = time.GetUtcNow() + overlap;
        foreach (var old in await db.MerchantSecrets.Where(s => s.ClientId == clientId && (s.ExpiresAt == null || s.ExpiresAt > until)).ToListAsync(cancellationToken))
        {
            old.ExpiresAt = until;
        }

        var secret = AddSecret(db, clientId);
        await db.SaveChangesAsync(cancellationToken);
        await output.WriteLineAsync($"The new secret of client {clientId}, shown this once: {secret}");
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"The old ones are taken until {until:yyyy-MM-dd HH:mm:ss} UTC. Access tokens that were given for them live an hour at most."));
        return 0;
    }

    private async Task<int> SwitchAsync(MerchantSerialNumber msn, bool disabled, CancellationToken cancellationToken)
    {
        await using var db = Open();
        if (await db.Merchants.SingleOrDefaultAsync(m => m.MerchantSerialNumber == msn.Value, cancellationToken) is not { } merchant)
        {
            return await RefuseAsync($"There is no merchant {msn}.");
        }

        merchant.DisabledAt = disabled ? merchant.DisabledAt ?? time.GetUtcNow() : null;
        await db.SaveChangesAsync(cancellationToken);
        await output.WriteLineAsync(disabled ? $"Merchant {msn} is refused from now on. What it has under way goes on." : $"Merchant {msn} is active.");
        return 0;
    }

    private string AddSecret(GatewayDbContext db, string clientId)
    {
        var secret = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(SecretBytes));
        var (salt, hash) = ClientSecrets.Hash(secret);
        db.MerchantSecrets.Add(new MerchantSecretRow { Id = Guid.CreateVersion7(time.GetUtcNow()), ClientId = clientId, Salt = salt, Hash = hash, CreatedAt = time.GetUtcNow() });
        return secret;
    }

    private async Task<int> RefuseAsync(string why)
    {
        await output.WriteLineAsync(why);
        return 1;
    }

    private GatewayDbContext Open() => new(new DbContextOptionsBuilder<GatewayDbContext>().UseNpgsql(database.General).Options);

    private static byte[] HashOf(string subscriptionKey) => SHA256.HashData(Encoding.UTF8.GetBytes(subscriptionKey));

    private static MerchantSerialNumber Number(string text) => MerchantSerialNumber.TryParse(text, out var number) ? number : throw new MerchantCommandException("MSN must have 4 to 10 digits.");
}

/// <summary>A command line that is not understood; the message is for whoever wrote it.</summary>
internal sealed class MerchantCommandException(string message) : Exception(message);

/// <summary>What a command line says of a merchant; null and empty where it says nothing.</summary>
internal sealed class MerchantChange
{
    public string? Name { get; private set; }

    public string? ClientId { get; private set; }

    public string? SubscriptionKey { get; private set; }

    public List<string> ReturnUrlOrigins { get; } = [];

    /// <summary>Empty: the gateway's own.</summary>
    public string? AcquirerAccount { get; private set; }

    public bool? CreditCards { get; private set; }

    public static MerchantChange Parse(string[] options)
    {
        var change = new MerchantChange();
        for (var i = 0; i < options.Length; i += 2)
        {
            var value = i + 1 < options.Length && options[i + 1].Trim() is { Length: > 0 and <= 200 } text ? text : throw new MerchantCommandException($"{options[i]} needs a value.");
            switch (options[i])
            {
                case "--name":
                    change.Name = value;
                    break;
                case "--client-id":
                    change.ClientId = value;
                    break;
                case "--subscription-key":
                    change.SubscriptionKey = value;
                    break;
                case "--return-url-origin":
                    change.ReturnUrlOrigins.Add(IsOrigin(value) ? value.TrimEnd('/') : throw new MerchantCommandException($"{value} is no origin: write scheme://host[:port], or scheme: for an app's own."));
                    break;
                case "--acquirer-account":
                    change.AcquirerAccount = value == "none" ? "" : value;
                    break;
                case "--credit-cards":
                    change.CreditCards = value is "yes" or "no" ? value == "yes" : throw new MerchantCommandException("--credit-cards is yes or no.");
                    break;
                default:
                    throw new MerchantCommandException($"{options[i]} is not known.\n{MerchantsCommand.Usage}");
            }
        }

        return change;
    }

    private static bool IsOrigin(string text) =>
        (text.EndsWith(':') && Uri.CheckSchemeName(text[..^1]))
        || (Uri.TryCreate(text, UriKind.Absolute, out var url) && url.Host.Length > 0 && url.PathAndQuery == "/" && url.UserInfo.Length == 0);
}
