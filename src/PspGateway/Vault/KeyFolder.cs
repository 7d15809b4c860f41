using PspGateway.Storage;

namespace PspGateway.Vault;

/// <summary>Wrapped keys as files, in the folder that the replicas share.</summary>
internal sealed class KeyFolder(string path) : DurableFolder(path, ".key");
