using System.Diagnostics;
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

    /// <summary>How long unpacking may take, all threads together; known once the files are listed.</summary>
    private TimeSpan _patience = TimeSpan.MaxValue;

    private long _spentTicks;

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

    private protected override IEnumerable<SourceEntry> List(CancellationToken cancellationToken)
    {
        if (!_zip.LiesApart(cancellationToken))
        {
            throw new DatasetException($"'{_name}' is refused: files in it lie one over the other; it is damaged, or made to unfold without end.");
        }

        var (count, total, most) = (0, 0L, Limits.MaxTotalLength(_zip.FileLength));
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
            if (path.EndsWith('/'))
            {
                continue;
            }

            var refusal = Refusal(member, path);
            total += refusal is null ? member.Length : 0;
            if (total > most)
            {
                throw new DatasetException(FormattableString.Invariant($"'{_name}' would unfold to more than {most >> 20:N0} MiB, far more than its size allows for; unpack it by hand and import the folder."));
            }

            yield return new SourceEntry(path.Length > SourcePath.MaxLength ? path[..SourcePath.MaxLength] : path, member.Length, place, refusal);
        }

        _patience = Limits.MaxUnpackingTime(_zip.FileLength, count);
    }

    private protected override byte[] ReadWhole(SourceEntry entry) => Unpacking(entry, member =>
    {
        // The sizes and the checksum are the zip's own claims until the bytes are there; one byte more than claimed tells that there are more.
        var content = new byte[member.Length + 1];
        var length = _zip.Read(member, stream => stream.ReadAtLeast(content, content.Length, throwOnEndOfStream: false));
        Array.Resize(ref content, length);
        return content.Length == member.Length && Crc32.HashToUInt32(content) == member.Crc32 ? content : throw new ImageRejectedException(Damaged);
    });

    private protected override FileContent OpenLong(SourceEntry entry, bool isPicture, CancellationToken cancellationToken)
    {
        Room?.Require("Unpacking a slide", entry.Length);
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
            RequireTime();
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
        RequireTime();
        var began = Stopwatch.GetTimestamp();
        try
        {
            return unpack(_zip.At(entry.Place));
        }
        catch (Exception exception) when (exception is InvalidDataException || (exception is IOException && !IsLong(entry)))
        {
            // Of a long file an IOException may as well be that of what is written, to a full disk.
            throw new ImageRejectedException(NotUnpacked, exception);
        }
        finally
        {
            Interlocked.Add(ref _spentTicks, Stopwatch.GetElapsedTime(began).Ticks);
        }
    }

    /// <exception cref="DatasetException">Unpacking took longer than any honest zip's does.</exception>
    private void RequireTime()
    {
        if (Interlocked.Read(ref _spentTicks) > _patience.Ticks)
        {
            throw new DatasetException($"'{_name}' takes too long to unpack for its size; unpack it by hand and import the folder.");
        }
    }

    private string? Refusal(ZipMember member, string path)
    {
        if (path.Length > SourcePath.MaxLength)
        {
            return FormattableString.Invariant($"The name is longer than {SourcePath.MaxLength} characters.");
        }

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
