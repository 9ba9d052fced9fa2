using System.Buffers.Binary;
using System.Text;

namespace SafeMedLabel.Learning.Tests.Native;

/// <summary>The least ELF library that needs symbol versions: a header, their section, its strings (Linux Standard Base, 'Symbol Version Requirements').</summary>
internal static class ElfLibrary
{
    private const int Header = 64;
    private const int Entry = 16;

    /// <summary>A library that needs <paramref name="versions"/> of libstdc++.</summary>
    public static byte[] Needing(params string[] versions)
    {
        var names = new List<int>();
        var strings = new List<byte> { 0 };
        foreach (var version in versions)
        {
            names.Add(strings.Count);
            strings.AddRange([.. Encoding.ASCII.GetBytes(version), 0]);
        }

        var needs = Header;
        var text = needs + (Entry * (versions.Length + 1));
        var sections = text + strings.Count;
        var file = new byte[sections + (2 * Header)];
        "\u007fELF\u0002\u0001\u0001"u8.CopyTo(file);
        Write64(file, 0x28, (ulong)sections);
        Write16(file, 0x3a, Header);
        Write16(file, 0x3c, 2);

        Write16(file, needs, 1);
        Write16(file, needs + 2, (ushort)versions.Length);
        Write32(file, needs + 8, Entry);
        for (var i = 0; i < versions.Length; i++)
        {
            var entry = needs + (Entry * (i + 1));
            Write32(file, entry + 8, (uint)names[i]);
            Write32(file, entry + 12, i + 1 < versions.Length ? (uint)Entry : 0);
        }

        strings.ToArray().CopyTo(file, text);
        Section(file, sections, type: 0x6ffffffe, offset: needs, link: 1, info: 1);
        Section(file, sections + Header, type: 3, offset: text, link: 0, info: 0);
        return file;
    }

    private static void Section(byte[] file, int at, uint type, int offset, uint link, uint info)
    {
        Write32(file, at + 4, type);
        Write64(file, at + 0x18, (ulong)offset);
        Write32(file, at + 0x28, link);
        Write32(file, at + 0x2c, info);
    }

    private static void Write16(byte[] file, int at, ushort value) => BinaryPrimitives.WriteUInt16LittleEndian(file.AsSpan(at), value);

    private static void Write32(byte[] file, int at, uint value) => BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(at), value);

    private static void Write64(byte[] file, int at, ulong value) => BinaryPrimitives.WriteUInt64LittleEndian(file.AsSpan(at), value);
}
