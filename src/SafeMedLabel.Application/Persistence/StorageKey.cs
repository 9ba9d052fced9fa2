using System.Security.Cryptography;

namespace SafeMedLabel.Application.Persistence;

/// <summary>
/// A secret of a storage: 32 random bytes in a file of its key folder, made when it is first wanted. It lies beside the database, not in it, and
/// backups hold it.
/// </summary>
/// <param name="path">The file.</param>
public sealed class StorageKey(string path)
{
    private const int Length = 32;

    private readonly Lazy<byte[]> _key = new(() => ReadOrMake(path));

    /// <summary>HMAC-SHA-256 (RFC 2104) of some bytes under it: 32 bytes. Who has not the key can neither make nor guess it.</summary>
    public byte[] Sign(ReadOnlySpan<byte> bytes) => HMACSHA256.HashData(_key.Value, bytes);

    private static byte[] ReadOrMake(string path)
    {
        if (!File.Exists(path))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var made = $"{path}.{Guid.NewGuid():n}.tmp";
            File.WriteAllBytes(made, RandomNumberGenerator.GetBytes(Length));
            try
            {
                File.Move(made, path, overwrite: false);
            }
            catch (IOException) when (File.Exists(path))
            {
                // Another process was first; its key counts.
                File.Delete(made);
            }
        }

        var key = File.ReadAllBytes(path);
        return key.Length == Length ? key : throw new InvalidDataException($"The key {path} has {key.Length} bytes instead of {Length}.");
    }
}
