using System.Buffers.Binary;
using System.Security.Cryptography;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A SHA-256 in 32 bytes, where a million of them are held and their text would take five times as much.</summary>
/// <param name="High">Its first half.</param>
/// <param name="Low">Its second half.</param>
public readonly record struct Sha256Digest(UInt128 High, UInt128 Low)
{
    /// <summary>That of some bytes.</summary>
    public static Sha256Digest Of(ReadOnlySpan<byte> bytes)
    {
        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        SHA256.HashData(bytes, digest);
        return Read(digest);
    }

    /// <summary>That which was computed elsewhere.</summary>
    /// <param name="digest">32 bytes.</param>
    public static Sha256Digest Read(ReadOnlySpan<byte> digest) => new(BinaryPrimitives.ReadUInt128BigEndian(digest), BinaryPrimitives.ReadUInt128BigEndian(digest[16..]));

    /// <summary>64 lower-case hex digits, as <see cref="ContentStore.Hash"/> writes it.</summary>
    public override string ToString() => $"{High:x32}{Low:x32}";
}
