using Microsoft.Extensions.Options;

namespace PspGateway.Vault;

internal static class VaultRegistration
{
    public static void AddVault(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<VaultOptions>().BindConfiguration(VaultOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        builder.Services.AddSingleton(services => new KeyFolder(FolderPath(services.GetRequiredService<IOptions<VaultOptions>>().Value, builder.Environment)));
        builder.Services.AddSingleton<IKeyWrapper>(services => new LocalKeyWrapper(MasterKey(services.GetRequiredService<IOptions<VaultOptions>>().Value)));
        builder.Services.AddSingleton<EpochKeys>();
        builder.Services.AddSingleton<TokenVault>();
        builder.Services.AddSingleton<FieldSealer>();
        builder.Services.AddHealthChecks().AddCheck<VaultCheck>("vault", tags: ["ready"], timeout: TimeSpan.FromSeconds(2));
        builder.Services.AddSingleton<VaultKeeper>();
        builder.Services.AddHostedService(services => services.GetRequiredService<VaultKeeper>());
    }

    private static string FolderPath(VaultOptions options, IHostEnvironment environment) => Path.Combine(environment.ContentRootPath, options.KeyFolder);

    /// <exception cref="OptionsValidationException">None is configured, or it is not 32 bytes in base64.</exception>
    private static byte[] MasterKey(VaultOptions options)
    {
        if (options.MasterKey is { Length: > 0 } text)
        {
            return Decode(text, nameof(VaultOptions.MasterKey));
        }

        if (options.MasterKeyFile is { Length: > 0 } file)
        {
            return Decode(File.ReadAllText(file).Trim(), nameof(VaultOptions.MasterKeyFile));
        }

        throw Invalid($"{VaultOptions.Section}:{nameof(VaultOptions.MasterKey)} (or {nameof(VaultOptions.MasterKeyFile)}) is missing: 32 random bytes in base64.");
    }

    private static byte[] Decode(string base64, string setting)
    {
        var key = new byte[AesGcmBox.KeySize + 1];
        return Convert.TryFromBase64String(base64, key, out var length) && length == AesGcmBox.KeySize
            ? key[..length]
            : throw Invalid($"{VaultOptions.Section}:{setting} must hold 32 bytes in base64.");
    }

    private static OptionsValidationException Invalid(string message) => new(VaultOptions.Section, typeof(VaultOptions), [message]);
}
