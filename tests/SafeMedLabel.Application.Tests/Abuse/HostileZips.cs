using System.IO.Compression;
using System.IO.Hashing;
using System.Text;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Zips whose files share bytes (David Fifield: A better zip bomb, 2019), so that a small one unfolds to as much as one likes.</summary>
internal static class HostileZips
{
    private const ushort Deflated = 8;
    private const int HeaderLength = 30;

    /// <summary>All files are one.</summary>
    public static byte[] OneForAll(int count, int length)
    {
        var (content, packed) = Kernel(length);
        byte[] body = [.. Header("a/0.png", content, packed.Length), .. packed];
        return Close(body, [.. Enumerable.Range(0, count).Select(i => new Entry(Name(i), 0, packed.Length, content))]);
    }

    /// <summary>Each file quotes the header of the next, in a block that is not compressed, and goes on in it.</summary>
    public static byte[] Quoting(int count, int length)
    {
        var (content, packed) = Kernel(length);
        byte[] body = [];
        var entries = new List<Entry>();
        for (var i = count - 1; i >= 0; i--)
        {
            if (body.Length > 0)
            {
                var quoted = Header(Name(i + 1), content, packed.Length);
                packed = [0, .. BitConverter.GetBytes((ushort)quoted.Length), .. BitConverter.GetBytes((ushort)~quoted.Length), .. quoted, .. packed];
                content = [.. quoted, .. content];
            }

            var header = Header(Name(i), content, packed.Length);
            body = [.. header, .. packed];
            entries.Insert(0, new Entry(Name(i), body.Length, packed.Length, content));
        }

        return Close(body, [.. entries.Select(e => e with { Place = body.Length - e.Place })]);
    }

    /// <summary>Each file's header hides those of all that follow in a field that readers step over.</summary>
    public static byte[] HidingHeaders(int count, int length)
    {
        var (content, packed) = Kernel(length);
        byte[] hidden = [];
        var entries = new List<Entry>();
        for (var i = count - 1; i >= 0; i--)
        {
            hidden = [.. Header(Name(i), content, packed.Length, hidden.Length), .. hidden];
            entries.Insert(0, new Entry(Name(i), hidden.Length, packed.Length, content));
        }

        return Close([.. hidden, .. packed], [.. entries.Select(e => e with { Place = hidden.Length - e.Place })]);
    }

    /// <summary>The last file reaches into the directory.</summary>
    public static byte[] OverItsDirectory()
    {
        var (content, packed) = Kernel(100);
        byte[] first = [.. Header("a/0.png", content, packed.Length), .. packed];
        byte[] second = [.. Header("b/1.png", content, packed.Length + 10), .. packed];
        return Close([.. first, .. second], [new("a/0.png", 0, packed.Length, content), new("b/1.png", first.Length, packed.Length + 10, content)]);
    }

    /// <summary>An honest zip, whose directory lists its files from the last to the first.</summary>
    public static byte[] Backwards(int count, Func<int, byte[]> content)
    {
        byte[] body = [];
        var entries = new List<Entry>();
        for (var i = 0; i < count; i++)
        {
            var packed = Deflate(content(i));
            entries.Insert(0, new Entry(Name(i), body.Length, packed.Length, content(i)));
            body = [.. body, .. Header(Name(i), content(i), packed.Length), .. packed];
        }

        return Close(body, [.. entries]);
    }

    /// <summary>A zip whose files say that they have <paramref name="stated"/> bytes and have more.</summary>
    public static byte[] Understating(int count, int length, int stated)
    {
        var (content, packed) = Kernel(length);
        byte[] body = [];
        var entries = new List<Entry>();
        for (var i = 0; i < count; i++)
        {
            entries.Add(new Entry(Name(i), body.Length, packed.Length, content[..stated]));
            body = [.. body, .. Header(Name(i), content[..stated], packed.Length), .. packed];
        }

        return Close(body, [.. entries]);
    }

    private static string Name(int number) => FormattableString.Invariant($"{(number % 2 == 0 ? "a" : "b")}/{number}.png");

    private static (byte[] Content, byte[] Packed) Kernel(int length)
    {
        var content = new byte[length];
        return (content, Deflate(content));
    }

    private static byte[] Deflate(byte[] content)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            deflate.Write(content);
        }

        return packed.ToArray();
    }

    private static byte[] Header(string name, byte[] content, int packed, int extra = 0)
    {
        using var header = new BinaryWriter(new MemoryStream(HeaderLength));
        header.Write(0x04034B50u);
        header.Write((ushort)20);
        WriteFacts(header, name, content, packed, extra);
        header.Write(Encoding.UTF8.GetBytes(name));
        return ((MemoryStream)header.BaseStream).ToArray();
    }

    private static void WriteFacts(BinaryWriter to, string name, byte[] content, int packed, int extra)
    {
        to.Write((ushort)0);
        to.Write(Deflated);
        to.Write(0x21u << 16);
        to.Write(Crc32.HashToUInt32(content));
        to.Write(packed);
        to.Write(content.Length);
        to.Write((ushort)name.Length);
        to.Write((ushort)extra);
    }

    private static byte[] Close(byte[] body, Entry[] entries)
    {
        using var zip = new BinaryWriter(new MemoryStream());
        zip.Write(body);
        foreach (var entry in entries)
        {
            zip.Write(0x02014B50u);
            zip.Write((20u << 16) | 20);
            WriteFacts(zip, entry.Name, entry.Content, entry.Packed, extra: 0);
            zip.Write(new byte[10]);
            zip.Write((uint)entry.Place);
            zip.Write(Encoding.UTF8.GetBytes(entry.Name));
        }

        var length = (uint)(zip.BaseStream.Position - body.Length);
        zip.Write(0x06054B50u);
        zip.Write(0u);
        zip.Write((ushort)entries.Length);
        zip.Write((ushort)entries.Length);
        zip.Write(length);
        zip.Write((uint)body.Length);
        zip.Write((ushort)0);
        return ((MemoryStream)zip.BaseStream).ToArray();
    }

    private sealed record Entry(string Name, int Place, int Packed, byte[] Content);
}
