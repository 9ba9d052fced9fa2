using System.IO.Hashing;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A data set in a zip, read in place.</summary>
internal sealed class ZipSource : DatasetSource
{
    private const int UnixFileTypeMask = 0xF000;
    private const int UnixSymbolicLink = 0xA000;
    private const int PlausibleAtAnyRatio = 1 << 20;
    private const string Damaged = "The file is damaged in the zip: its checksum (CRC) is wrong.";
    private const string NotUnpacked = "The file is damaged in the zip: it cannot be unpacked.";

    private readonly string _name;
    private readonly string _scratchFolder;
    private readonly ZipDirectory _zip;

    public ZipSource(string path, SourceLimits limits, string scratchFolder)
        : base(limits)
    {
        (_name, _scratchFolder) = (Path.GetFileName(path), scratchFolder);
        _zip = new ZipDirectory(path);
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _zip.Dispose();
        }

        base.Dispose(disposing);
    }

    private protected override IEnumerable<SourceEntry> List()
    {
        var count = 0;
        foreach (var (place, member) in _zip.Members())
        {
            if (++count > Limits.MaxFiles)
            {
                throw new DatasetException(FormattableString.Invariant($"The zip holds more than {Limits.MaxFiles:N0} files."));
            }

            if (member.IsEncrypted)
            {
                throw new DatasetException($"'{_name}' is protected by a password; give it unprotected.");
            }

            var path = member.Name.Replace('\\', '/');
            if (!path.EndsWith('/'))
            {
                yield return new SourceEntry(path, member.Length, place, Refusal(member, path));
            }
        }
    }

    private protected override byte[] ReadWhole(SourceEntry entry) => Unpacking(entry, member =>
    {
        var content = _zip.Read(member, stream => BoundedReader.ReadToEnd(stream, Limits, (int)member.Length));

        // The sizes and the checksum are the zip's own claims until the bytes are there.
        return content.Length == member.Length && Crc32.HashToUInt32(content) == member.Crc32 ? content : throw new ImageRejectedException(Damaged);
    });

    private protected override FileContent OpenLong(SourceEntry entry, bool isPicture, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(_scratchFolder);
        var unpacked = FileContent.At(Path.Combine(_scratchFolder, $"{Guid.NewGuid():n}.tmp"), isScratch: true);
        try
        {
            using var file = new FileStream(unpacked.Path!, FileMode.CreateNew);
            ReadInPieces(entry, isPicture, file.Write, cancellationToken);
            return unpacked;
        }
        catch
        {
            unpacked.Dispose();
            throw;
        }
    }

    private protected override void ReadInPieces(SourceEntry entry, bool isPicture, PieceAction take, CancellationToken cancellationToken) => Unpacking(entry, member =>
    {
        var checksum = new Crc32();
        var length = 0L;
        _zip.Read(member, content => ReadInPieces(content, isPicture, Take, cancellationToken));
        return length == member.Length && checksum.GetCurrentHashAsUInt32() == member.Crc32 ? length : throw new ImageRejectedException(Damaged);

        void Take(ReadOnlySpan<byte> piece)
        {
            length += piece.Length;
            if (length > member.Length)
            {
                throw new ImageRejectedException(Damaged);
            }

            checksum.Append(piece);
            take(piece);
        }
    });

    private T Unpacking<T>(SourceEntry entry, Func<ZipMember, T> unpack)
    {
        try
        {
            return unpack(_zip.At(entry.Place));
        }
        catch (Exception exception) when (exception is InvalidDataException || (exception is IOException && !IsLong(entry)))
        {
            // Of a long file an IOException may as well be that of what is written, to a full disk.
            throw new ImageRejectedException(NotUnpacked, exception);
        }
    }

    private string? Refusal(ZipMember member, string path)
    {
        if (SourcePath.LeadsOut(path))
        {
            return "The name leads out of the data set.";
        }

        if ((member.UnixMode & UnixFileTypeMask) == UnixSymbolicLink)
        {
            return "A symbolic link; only real files are read.";
        }

        if (member.Length > Limits.MaxFileLength)
        {
            return Limits.TooLong;
        }

        return IsImplausible(member.Length, member.PackedLength)
            ? "The file unfolds to far more than its size in the zip allows for."
            : null;
    }

    private bool IsImplausible(long length, long packedLength) =>
        length > PlausibleAtAnyRatio && length / Math.Max(1, packedLength) > Limits.MaxCompressionRatio;
}
