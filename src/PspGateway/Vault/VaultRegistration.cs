using Microsoft.Extensions.Options;

namespace PspGateway.Vault;

internal static class VaultRegistration
{
    public static void AddVault(this WebApplicationBuilder builder)
    {
        builder.Services.AddOptions<VaultOptions>().BindConfiguration(VaultOptions.Section).ValidateDataAnnotations()
            .Validate(options => IsReadable(options), $"{VaultOptions.Section}:{nameof(VaultOptions.MasterKey)} (or a {nameof(VaultOptions.MasterKeyFile)} with it) is missing or not 32 bytes in base64.")
            .ValidateOnStart();
        builder.Services.AddSingleton(services => new KeyFolder(FolderPath(services.GetRequiredService<IOptions<VaultOptions>>().Value, builder.Environment)));
        builder.Services.AddSingleton<IKeyWrapper>(services => new LocalKeyWrapper(MasterKey(services.GetRequiredService<IOptions<VaultOptions>>().Value)));
        builder.Services.AddSingleton<EpochKeys>();
        builder.Services.AddSingleton<IEpochKeys>(provider => provider.GetRequiredService<EpochKeys>());
        builder.Services.AddSingleton<TokenVault>();
        builder.Services.AddSingleton<StepUpVault>();
        builder.Services.AddSingleton<FieldSealer>();
        builder.Services.AddSingleton<Fingerprints>();
        builder.Services.AddHealthChecks().AddCheck<VaultCheck>("vault", tags: ["ready"], timeout: TimeSpan.FromSeconds(2));
        builder.Services.AddSingleton<VaultKeeper>();
        builder.Services.AddHostedService(services => services.GetRequiredService<VaultKeeper>());
    }

    private static string FolderPath(VaultOptions options, IHostEnvironment environment) => Path.Combine(environment.ContentRootPath, options.KeyFolder);

    private static bool IsReadable(VaultOptions options)
    {
        try
        {
            return MasterKey(options).Length == AesGcmBox.KeySize;
        }
        catch (Exception exception) when (exception is FormatException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static byte[] MasterKey(VaultOptions options) => Convert.FromBase64String(
        options.MasterKey is { Length: > 0 } key ? key : options.MasterKeyFile is { Length: > 0 } file ? File.ReadAllText(file).Trim() : "");
}
