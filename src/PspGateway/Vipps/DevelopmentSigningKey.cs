using System.Security.Cryptography;

namespace PspGateway.Vipps;

/// <summary>In Development a missing makePayment signing key is made once and kept beside the vault's keys; elsewhere it stops the start.</summary>
internal static class DevelopmentSigningKey
{
    public static void AddIfMissing(MakePaymentOptions options, IHostEnvironment environment)
    {
        if (options.SigningKeys.Count > 0 || !environment.IsDevelopment())
        {
            return;
        }

        var path = Path.Combine(environment.ContentRootPath, "keys", "development-make-payment.base64");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path) ?? ".");
            File.WriteAllText(path, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
        }

        options.SigningKeys.Add(new MakePaymentOptions.SigningKey { Id = "d1", Key = File.ReadAllText(path).Trim() });
    }
}
