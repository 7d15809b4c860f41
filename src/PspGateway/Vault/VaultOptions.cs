using System.ComponentModel.DataAnnotations;

namespace PspGateway.Vault;

/// <summary>Where the keys come from. In Production one of the two master key settings must be there.</summary>
internal sealed class VaultOptions
{
    public const string Section = "Vault";

    /// <summary>32 bytes in base64. Wraps every other key.</summary>
    public string? MasterKey { get; set; }

    /// <summary>A file with the same, for mounted secrets.</summary>
    public string? MasterKeyFile { get; set; }

    /// <summary>
    /// Folder of the wrapped keys: shared by replicas, left out of database backups, so that a backup opens nothing once a day's key is
    /// destroyed. Relative paths are under the content root.
    /// </summary>
    [Required]
    public string KeyFolder { get; set; } = "keys";

    /// <summary>How long after the end of its UTC day an epoch's key is destroyed.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "30.00:00:00")]
    public TimeSpan DestroyEpochAfter { get; set; } = TimeSpan.FromHours(24);
}
