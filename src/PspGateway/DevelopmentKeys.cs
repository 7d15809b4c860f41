using System.Security.Cryptography;

namespace PspGateway;

/// <summary>In Development only: keys of our own that are missing from the settings are made once and kept. Elsewhere a missing one stops the start.</summary>
internal static class DevelopmentKeys
{
    public static void AddMissing(WebApplicationBuilder builder)
    {
        if (!builder.Environment.IsDevelopment())
        {
            return;
        }

        var settings = builder.Configuration;
        var folder = Path.Combine(builder.Environment.ContentRootPath, settings["Vault:KeyFolder"] ?? "keys");
        if (settings["Vault:MasterKey"] is null && settings["Vault:MasterKeyFile"] is null)
        {
            settings["Vault:MasterKey"] = ReadOrMake(folder, "master");
        }

        if (!settings.GetSection("MakePayment:SigningKeys").GetChildren().Any())
        {
            settings["MakePayment:SigningKeys:0:Id"] = "d1";
            settings["MakePayment:SigningKeys:0:Key"] = ReadOrMake(folder, "make-payment");
        }
    }

    /// <summary>32 bytes in base64. Of two processes that start together, one's key stands and both read it.</summary>
    private static string ReadOrMake(string folder, string name)
    {
        var path = Path.Combine(folder, $"development-{name}.base64");
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(folder);
            var temporary = $"{path}.{Guid.NewGuid():N}";
            File.WriteAllText(temporary, Convert.ToBase64String(RandomNumberGenerator.GetBytes(32)));
            try
            {
                File.Move(temporary, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                File.Delete(temporary);
            }
        }

        return File.ReadAllText(path).Trim();
    }
}
