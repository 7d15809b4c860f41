using PspGateway.Storage;

namespace PspGateway.Vault;

/// <summary>Wrapped keys as files, in the folder that the replicas share.</summary>
internal sealed class KeyFolder(string path) : DurableFolder(path, ".key")
{
    /// <summary>A folder that takes no new key is found out at the start, and not at midnight when one is made.</summary>
    /// <exception cref="IOException">It cannot be written, or takes no hard links.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be written.</exception>
    public void Probe()
    {
        var name = $".probe-{Guid.NewGuid():N}";
        TryWrite(name, []);
        Delete(name);
    }
}
