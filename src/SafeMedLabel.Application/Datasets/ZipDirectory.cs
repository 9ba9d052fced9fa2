using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using Microsoft.Win32.SafeHandles;
using SafeMedLabel.Application.Files;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A file as a zip's directory states it; only reading it tells whether that is so.</summary>
/// <param name="Name">As it stands there: it may lead anywhere.</param>
/// <param name="Length">Bytes.</param>
/// <param name="PackedLength">Bytes that it takes in the zip.</param>
/// <param name="Crc32">Checksum of its bytes.</param>
/// <param name="Offset">Where it begins in the zip, with a header of its own.</param>
/// <param name="Method">How it is packed.</param>
/// <param name="IsEncrypted">Whether it is protected by a password.</param>
/// <param name="UnixMode">The kind of file and its permissions, as Unix has them; 0 where the zip comes from elsewhere.</param>
internal readonly record struct ZipMember(string Name, long Length, long PackedLength, uint Crc32, long Offset, ushort Method, bool IsEncrypted, int UnixMode);

/// <summary>
/// A zip's central directory, read from the file whenever it is asked, so that a zip of a million files takes no more memory than one of ten, of each
/// of which <see cref="ZipArchive"/> holds about 400 bytes. Several threads may ask at a time.
/// </summary>
/// <remarks>PKWARE's APPNOTE.TXT, version 6.3.10: 4.3.7, 4.3.12, 4.3.14 to 4.3.16, 4.4 and 4.5.3.</remarks>
internal sealed class ZipDirectory : IDisposable
{
    private const ushort Stored = 0;
    private const ushort Deflated = 8;
    private const ushort Deflated64 = 9;
    private const int EncryptedFlag = 1;
    private const ushort Zip64 = 1;
    private const int HeaderLength = 30;
    private const int EndLength = 22;
    private const int LocatorLength = 20;

    private readonly SafeFileHandle _file;
    private readonly long _fileLength;
    private readonly (long Start, long Length, long Members) _place;
    private readonly Lazy<ZipArchive> _archive;

    /// <summary>Finds the directory.</summary>
    /// <param name="path">The zip.</param>
    /// <exception cref="InvalidDataException">There is none.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    public ZipDirectory(string path)
    {
        _file = RegularFile.OpenHandle(path);
        _archive = new Lazy<ZipArchive>(() => new ZipArchive(RegularFile.OpenRead(path)));
        try
        {
            _fileLength = RandomAccess.GetLength(_file);
            _place = Find();
        }
        catch
        {
            _file.Dispose();
            throw;
        }
    }

    /// <summary>What the zip holds, folders included, each with its place in the directory.</summary>
    /// <exception cref="InvalidDataException">The directory is damaged; perhaps only after its last readable part.</exception>
    public IEnumerable<(long Place, ZipMember Member)> Members()
    {
        using var section = new BufferedStream(new FileSection(_file, _place.Start, _place.Length), 1 << 16);
        var place = 0L;
        for (var count = 0L; count < _place.Members; count++)
        {
            var member = Read(section, out var length);
            yield return (place, member);
            place += length;
        }

        Require(place == _place.Length);
    }

    /// <summary>How many bytes the zip has.</summary>
    public long FileLength => _fileLength;

    /// <summary>
    /// Whether each member lies in a place of its own, and none in that of the directory. Where two share bytes a few of them unfold to as much as
    /// one likes (David Fifield: A better zip bomb, 2019). No program that packs files makes such a zip.
    /// </summary>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="InvalidDataException">The directory is damaged.</exception>
    public bool LiesApart(CancellationToken cancellationToken)
    {
        // Most zips list their members as they lie there; only of others all places are held.
        var end = 0L;
        if (Places(cancellationToken).All(place => place.Start >= end && (end = place.End) <= _place.Start))
        {
            return true;
        }

        var places = Places(cancellationToken).ToArray();
        Array.Sort(places);
        end = 0;
        return Array.TrueForAll(places, place => place.Start >= end && (end = place.End) <= _place.Start);
    }

    /// <summary>The member whose entry lies at a place of the directory.</summary>
    public ZipMember At(long place)
    {
        using var section = new BufferedStream(new FileSection(_file, _place.Start + place, _place.Length - place), 256);
        return Read(section, out _);
    }

    /// <summary>Unpacks a member. What comes may be more or less than it states, and something else.</summary>
    /// <param name="member">The member.</param>
    /// <param name="read">Reads it.</param>
    /// <exception cref="InvalidDataException">It does not lie where it should, or is packed in a way that is not read.</exception>
    public T Read<T>(ZipMember member, Func<Stream, T> read)
    {
        if (member.Method == Deflated64)
        {
            // Windows packs so what is longer than 2 GiB, and only the library's own archive unpacks it, whose entries share a stream.
            lock (_archive)
            {
                using var entry = (_archive.Value.GetEntry(member.Name) ?? throw Damaged()).Open();
                return read(entry);
            }
        }

        var start = StartOf(member) ?? throw Damaged();
        Require(start <= _fileLength - member.PackedLength);
        using var packed = new FileSection(_file, start, member.PackedLength);
        using var content = member.Method switch
        {
            Stored => (Stream)packed,
            Deflated => new DeflateStream(packed, CompressionMode.Decompress),
            _ => throw new InvalidDataException($"It is packed by method {member.Method}."),
        };
        return read(content);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _file.Dispose();
        if (_archive.IsValueCreated)
        {
            _archive.Value.Dispose();
        }
    }

    /// <summary>Where the members lie, each with its header, in the directory's order. Of one whose header is damaged, which is never read, the least that it takes.</summary>
    private IEnumerable<(long Start, long End)> Places(CancellationToken cancellationToken)
    {
        foreach (var (_, member) in Members())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var start = StartOf(member) ?? member.Offset;
            yield return (member.Offset, member.PackedLength > long.MaxValue - start ? long.MaxValue : start + member.PackedLength);
        }
    }

    /// <summary>Where a member's bytes begin, behind a header of its own; null where there is none.</summary>
    private long? StartOf(ZipMember member)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        if (member.Offset > _fileLength - header.Length)
        {
            return null;
        }

        Fill(header, member.Offset);
        return Int(header, 0) == 0x04034B50 ? member.Offset + header.Length + Short(header, 26) + Short(header, 28) : null;
    }

    /// <summary>The record at the zip's end, before a comment of any text, and what stands before it in a long zip.</summary>
    private (long Start, long Length, long Members) Find()
    {
        var tail = new byte[Math.Min(_fileLength, EndLength + ushort.MaxValue)];
        Fill(tail, _fileLength - tail.Length);
        var at = tail.AsSpan(0, Math.Max(0, tail.Length - EndLength + 4)).LastIndexOf("PK\x05\x06"u8);
        Require(at >= 0);
        var end = tail.AsSpan(at);
        var place = (Start: (long)Int(end, 16), Length: (long)Int(end, 12), Members: (long)Short(end, 10));
        Require(Short(end, 8) == place.Members);
        var endPlace = _fileLength - tail.Length + at;
        if (place is { Start: uint.MaxValue } or { Length: uint.MaxValue } or { Members: ushort.MaxValue })
        {
            Span<byte> locator = stackalloc byte[LocatorLength];
            Fill(locator, endPlace - LocatorLength);
            Require(Int(locator, 0) == 0x07064B50);
            endPlace = Long(locator, 8);
            Span<byte> longEnd = stackalloc byte[56];
            Fill(longEnd, endPlace);
            Require(Int(longEnd, 0) == 0x06064B50);
            place = (Long(longEnd, 48), Long(longEnd, 40), Long(longEnd, 32));
        }

        Require(place.Start <= endPlace && place.Length <= endPlace - place.Start);
        return place;
    }

    private static ZipMember Read(Stream directory, out int length)
    {
        Span<byte> header = stackalloc byte[46];
        Fill(directory, header);
        Require(Int(header, 0) == 0x02014B50);
        var text = new byte[Short(header, 28) + Short(header, 30) + Short(header, 32)];
        Fill(directory, text);
        length = header.Length + text.Length;
        var (packed, unpacked, offset) = ((long)Int(header, 20), (long)Int(header, 24), (long)Int(header, 42));
        ReadZip64(text.AsSpan(Short(header, 28), Short(header, 30)), ref unpacked, ref packed, ref offset);
        return new ZipMember(
            Encoding.UTF8.GetString(text, 0, Short(header, 28)), unpacked, packed, Int(header, 16), offset, Short(header, 10), (Short(header, 8) & EncryptedFlag) != 0, Short(header, 40));
    }

    /// <summary>Numbers that do not fit stand in an extra field, in this order and each only where it is needed.</summary>
    private static void ReadZip64(ReadOnlySpan<byte> extra, ref long unpacked, ref long packed, ref long offset)
    {
        while (extra.Length >= 4)
        {
            var (id, size) = (Short(extra, 0), Short(extra, 2));
            Require(size <= extra.Length - 4);
            var field = extra.Slice(4, size);
            extra = extra[(4 + size)..];
            if (id == Zip64)
            {
                Take(ref unpacked, ref field);
                Take(ref packed, ref field);
                Take(ref offset, ref field);
            }
        }

        static void Take(ref long number, ref ReadOnlySpan<byte> field)
        {
            if (number == uint.MaxValue)
            {
                Require(field.Length >= sizeof(long));
                number = Long(field, 0);
                field = field[sizeof(long)..];
            }
        }
    }

    private void Fill(Span<byte> buffer, long at)
    {
        Require(at >= 0 && at <= _fileLength - buffer.Length);
        Fill(new FileSection(_file, at, buffer.Length), buffer);
    }

    private static void Fill(Stream stream, Span<byte> buffer) => Require(stream.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false) == buffer.Length);

    private static ushort Short(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16LittleEndian(bytes[at..]);

    private static uint Int(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt32LittleEndian(bytes[at..]);

    private static long Long(ReadOnlySpan<byte> bytes, int at)
    {
        var number = BinaryPrimitives.ReadInt64LittleEndian(bytes[at..]);
        Require(number >= 0);
        return number;
    }

    private static void Require(bool isSound)
    {
        if (!isSound)
        {
            throw Damaged();
        }
    }

    private static InvalidDataException Damaged() => new("The zip is damaged.");
}
