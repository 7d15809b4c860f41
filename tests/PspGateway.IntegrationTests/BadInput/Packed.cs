using System.IO.Compression;

namespace PspGateway.IntegrationTests.BadInput;

internal static class Packed
{
    /// <summary>The bytes as a Content-Encoding says; as they are where it is none or unknown.</summary>
    public static byte[] As(string? encoding, byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (Stream? packer = encoding switch { "gzip" => new GZipStream(packed, CompressionLevel.Fastest), "deflate" => new ZLibStream(packed, CompressionLevel.Fastest), _ => null })
        {
            if (packer is null)
            {
                return bytes;
            }

            packer.Write(bytes);
        }

        return packed.ToArray();
    }
}
