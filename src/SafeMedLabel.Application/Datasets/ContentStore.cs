using System.Security.Cryptography;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Files by the SHA-256 of their bytes: kept once, unchanged, and found again by what they are.</summary>
public sealed class ContentStore(string folder)
{
    /// <summary>The name that bytes go by: 64 lower-case hex digits.</summary>
    public static string Hash(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>Keeps bytes and returns their hash. Keeping the same again changes nothing; a kill leaves no half file.</summary>
    public string Put(byte[] bytes)
    {
        var hash = Hash(bytes);
        var path = PathOf(hash);

        // A file that a power failure cut short is written again rather than believed.
        if (File.Exists(path) && new FileInfo(path).Length == bytes.Length)
        {
            return hash;
        }

        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        var temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            File.WriteAllBytes(temporary, bytes);
            File.Move(temporary, path, overwrite: true);
        }
        finally
        {
            File.Delete(temporary);
        }

        return hash;
    }

    /// <summary>The bytes of a hash.</summary>
    /// <exception cref="FileNotFoundException">They were never kept.</exception>
    public Task<byte[]> ReadAsync(string hash, CancellationToken cancellationToken = default) => File.ReadAllBytesAsync(PathOf(hash), cancellationToken);

    /// <summary>As <see cref="ReadAsync"/>, for threads of computation.</summary>
    public byte[] Read(string hash) => File.ReadAllBytes(PathOf(hash));

    /// <summary>True for what <see cref="Hash"/> may return.</summary>
    internal static bool IsHash(string name) => name.Length == 64 && name.All(char.IsAsciiHexDigitLower);

    /// <summary>Where in the store's folder the bytes of a hash lie.</summary>
    internal static string PlaceOf(string hash) =>
        IsHash(hash) ? Path.Combine(hash[..2], hash[2..4], hash) : throw new ArgumentException("This is no content hash.", nameof(hash));

    private string PathOf(string hash) => Path.Combine(folder, PlaceOf(hash));
}
