using System.Security.Cryptography;

namespace PspGateway;

/// <summary>In Development only: a key of our own that is made once and kept, so that a restart goes on with the same.</summary>
internal static class DevelopmentKey
{
    /// <returns>32 bytes in base64. Of two processes that start together, one's key stands and both read it.</returns>
    public static string ReadOrMake(string folder, string name)
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
