using System.Buffers.Binary;
using System.Text;

namespace SafeMedLabel.Learning.Native;

/// <summary>
/// Reads and relaxes the symbol versions that a 64-bit little-endian ELF library asks of others (section
/// <c>.gnu.version_r</c>; layout in the Linux Standard Base, 'Symbol Version Requirements').
/// </summary>
public static class ElfVersionNeeds
{
    private const uint VersionNeedSection = 0x6ffffffe;
    private const ushort WeakFlag = 0x2;

    /// <summary>
    /// Marks the need for <paramref name="version"/> as weak, so that the loader does not insist on it. Returns true when the
    /// bytes changed: false where the library has no such need or it is weak already.
    /// </summary>
    /// <exception cref="InvalidDataException">The bytes are no such library.</exception>
    public static bool MakeWeak(Span<byte> library, string version)
    {
        if (Find(library, version) is not { } entry)
        {
            return false;
        }

        var flags = BinaryPrimitives.ReadUInt16LittleEndian(library[(entry + 4)..]);
        if ((flags & WeakFlag) != 0)
        {
            return false;
        }

        BinaryPrimitives.WriteUInt16LittleEndian(library[(entry + 4)..], (ushort)(flags | WeakFlag));
        return true;
    }

    /// <summary>True when the library insists on <paramref name="version"/>.</summary>
    /// <exception cref="InvalidDataException">The bytes are no such library.</exception>
    public static bool Requires(ReadOnlySpan<byte> library, string version) =>
        Find(library, version) is { } entry && (BinaryPrimitives.ReadUInt16LittleEndian(library[(entry + 4)..]) & WeakFlag) == 0;

    /// <summary>Offset of the version's auxiliary entry, or null.</summary>
    private static int? Find(ReadOnlySpan<byte> file, string version)
    {
        if (file.Length < 64 || !file[..6].SequenceEqual("\u007fELF\u0002\u0001"u8))
        {
            throw new InvalidDataException("This is not a 64-bit little-endian ELF library.");
        }

        try
        {
            var sections = checked((int)BinaryPrimitives.ReadUInt64LittleEndian(file[0x28..]));
            var sectionSize = BinaryPrimitives.ReadUInt16LittleEndian(file[0x3a..]);
            var sectionCount = BinaryPrimitives.ReadUInt16LittleEndian(file[0x3c..]);
            for (var i = 0; i < sectionCount; i++)
            {
                var header = file.Slice(sections + (i * sectionSize), 64);
                if (BinaryPrimitives.ReadUInt32LittleEndian(header[4..]) == VersionNeedSection)
                {
                    var strings = file.Slice(sections + ((int)BinaryPrimitives.ReadUInt32LittleEndian(header[0x28..]) * sectionSize), 64);
                    return FindIn(file, Offset(header), (int)BinaryPrimitives.ReadUInt32LittleEndian(header[0x2c..]), Offset(strings), version);
                }
            }

            return null;
        }
        catch (Exception malformed) when (malformed is ArgumentOutOfRangeException or OverflowException or IndexOutOfRangeException)
        {
            throw new InvalidDataException("This ELF library is damaged: its version table points outside the file.", malformed);
        }
    }

    private static int? FindIn(ReadOnlySpan<byte> file, int need, int needCount, int strings, string version)
    {
        for (var i = 0; i < needCount; i++)
        {
            var auxiliaryCount = BinaryPrimitives.ReadUInt16LittleEndian(file[(need + 2)..]);
            var auxiliary = need + (int)BinaryPrimitives.ReadUInt32LittleEndian(file[(need + 8)..]);
            for (var j = 0; j < auxiliaryCount; j++)
            {
                var name = file[(strings + (int)BinaryPrimitives.ReadUInt32LittleEndian(file[(auxiliary + 8)..]))..];
                if (Encoding.ASCII.GetString(name[..name.IndexOf((byte)0)]) == version)
                {
                    return auxiliary;
                }

                if (!Advance(file, auxiliary + 12, ref auxiliary))
                {
                    break;
                }
            }

            if (!Advance(file, need + 12, ref need))
            {
                break;
            }
        }

        return null;
    }

    /// <summary>Follows a link to the next entry; zero ends the chain, whatever its count says.</summary>
    private static bool Advance(ReadOnlySpan<byte> file, int link, ref int entry)
    {
        var distance = (int)BinaryPrimitives.ReadUInt32LittleEndian(file[link..]);
        entry += distance;
        return distance > 0;
    }

    private static int Offset(ReadOnlySpan<byte> sectionHeader) => checked((int)BinaryPrimitives.ReadUInt64LittleEndian(sectionHeader[0x18..]));
}
