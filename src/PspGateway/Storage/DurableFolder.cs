using System.Runtime.InteropServices;

namespace PspGateway.Storage;

/// <summary>Small files that outlive their process. Each is written whole and synced under a temporary name, then linked into place, never over another.</summary>
internal class DurableFolder(string path, string extension)
{
    /// <summary>A folder in this one, for files of another kind. It is made when the first is written.</summary>
    public DurableFolder Within(string name, string extension) => new(Path.Combine(path, name), extension);

    public bool Holds(string name) => File.Exists(PathOf(name));

    /// <summary>The names of the files, and of temporary ones that a process left as it died: these begin with a dot.</summary>
    public IReadOnlyList<string> List() =>
        Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*" + extension).Select(Path.GetFileNameWithoutExtension).OfType<string>()] : [];

    /// <returns>Null: there is none.</returns>
    public byte[]? Read(string name)
    {
        try
        {
            return File.ReadAllBytes(PathOf(name));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
    }

    /// <summary>False when another process was faster: its file stands.</summary>
    /// <exception cref="IOException">It could not be written, or the folder takes no hard links.</exception>
    public bool TryWrite(string name, byte[] content)
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

            using (var file = new FileStream(temporary, options))
            {
                file.Write(content);
                file.Flush(flushToDisk: true);
            }

            return TryLink(temporary, PathOf(name));
        }
        finally
        {
            Discard(temporary);
        }
    }

    public void Delete(string name) => File.Delete(PathOf(name));

    /// <summary>False when there was none.</summary>
    public bool TryDelete(string name)
    {
        if (!Holds(name))
        {
            return false;
        }

        Delete(name);
        return true;
    }

    /// <summary>.NET's File.Move is not enough: outside Windows it looks whether there is such a file, and then renames over one that came meanwhile.</summary>
    private static bool TryLink(string temporary, string file)
    {
        if (OperatingSystem.IsWindows())
        {
            try
            {
                File.Move(temporary, file, overwrite: false);
                return true;
            }
            catch (IOException) when (File.Exists(file))
            {
                return false;
            }
        }

        // EEXIST, of Linux and macOS.
        const int Exists = 17;
        if (Link(temporary, file) == 0)
        {
            return true;
        }

        return Marshal.GetLastPInvokeError() == Exists ? false : throw new IOException($"The hard link {file} could not be made: {Marshal.GetLastPInvokeErrorMessage()}.");
    }

    /// <summary>What was written stands, or has failed already: a leftover changes neither.</summary>
    private static void Discard(string temporary)
    {
        try
        {
            File.Delete(temporary);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Its name begins with a dot: nothing reads it.
        }
    }

    [DllImport("libc", EntryPoint = "link", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Link([MarshalAs(UnmanagedType.LPUTF8Str)] string existing, [MarshalAs(UnmanagedType.LPUTF8Str)] string created);

    private string PathOf(string name) => Path.Combine(path, name + extension);
}
