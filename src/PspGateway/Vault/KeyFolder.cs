namespace PspGateway.Vault;

/// <summary>Wrapped keys as files. A file is written whole and synced under a temporary name, then linked into place, never over another.</summary>
internal sealed class KeyFolder(string path)
{
    public async Task<byte[]?> ReadAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await File.ReadAllBytesAsync(PathOf(name), cancellationToken);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>False when another process was faster: its file stands.</summary>
    public async Task<bool> TryWriteAsync(string name, byte[] content, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(path);
        var temporary = PathOf($".{Guid.NewGuid():N}");
        try
        {
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
            }

            await using (var file = new FileStream(temporary, options))
            {
                await file.WriteAsync(content, cancellationToken);
                file.Flush(flushToDisk: true);
            }

            File.Move(temporary, PathOf(name), overwrite: false);
            return true;
        }
        catch (IOException) when (File.Exists(PathOf(name)))
        {
            return false;
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    public void Delete(string name) => File.Delete(PathOf(name));

    private string PathOf(string name) => Path.Combine(path, name + ".key");
}
