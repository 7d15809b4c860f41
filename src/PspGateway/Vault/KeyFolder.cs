using PspGateway.Storage;

namespace PspGateway.Vault;

/// <summary>Wrapped keys as files, in the folder that the replicas share.</summary>
internal sealed class KeyFolder(string path) : DurableFolder(path, ".key")
{
    /// <summary>A folder that takes no new key is found out at the start, and not at midnight when one is made.</summary>
    /// <exception cref="IOException">It cannot or may not be written, or takes no hard links. Names the setting.</exception>
    public void Probe()
    {
        var name = $".probe-{Guid.NewGuid():N}";
        try
        {
            TryWrite(name, []);
            Delete(name);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{VaultOptions.Section}:{nameof(VaultOptions.KeyFolder)} takes no new key. {exception.Message}", exception);
        }
    }
}
