using System.IO.Compression;
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

    private readonly SourceLimits _limits;
    private readonly string _scratchFolder;
    private readonly ZipArchive _archive;

    // The entries of one archive share its stream.
    private readonly Lock _reading = new();

    public ZipSource(string path, SourceLimits limits, string scratchFolder)
    {
        (_limits, _scratchFolder) = (limits, scratchFolder);
        try
        {
            _archive = ZipFile.OpenRead(path);
            if (_archive.Entries.Count > limits.MaxFiles)
            {
                _archive.Dispose();
                throw new DatasetException(FormattableString.Invariant($"The zip holds more than {limits.MaxFiles:N0} files."));
            }
        }
        catch (InvalidDataException exception)
        {
            throw new DatasetException($"'{Path.GetFileName(path)}' is not a readable zip: it is damaged, cut short, or something else.", exception);
        }

        if (_archive.Entries.Any(entry => entry.IsEncrypted))
        {
            _archive.Dispose();
            throw new DatasetException($"'{Path.GetFileName(path)}' is protected by a password; give it unprotected.");
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _archive.Dispose();
        }

        base.Dispose(disposing);
    }

    private protected override IEnumerable<SourceEntry> List()
    {
        foreach (var entry in _archive.Entries)
        {
            var path = entry.FullName.Replace('\\', '/');
            if (!path.EndsWith('/'))
            {
                yield return new Entry(this, entry, path, Refusal(entry, path));
            }
        }
    }

    private string? Refusal(ZipArchiveEntry entry, string path)
    {
        if (SourcePath.LeadsOut(path))
        {
            return "The name leads out of the data set.";
        }

        if (((entry.ExternalAttributes >> 16) & UnixFileTypeMask) == UnixSymbolicLink)
        {
            return "A symbolic link; only real files are read.";
        }

        if (entry.Length > _limits.MaxFileLength)
        {
            return _limits.TooLong;
        }

        return IsImplausible(entry.Length, entry.CompressedLength)
            ? "The file unfolds to far more than its size in the zip allows for."
            : null;
    }

    private byte[] Read(ZipArchiveEntry entry)
    {
        try
        {
            byte[] content;
            lock (_reading)
            {
                content = BoundedReader.ReadToEnd(entry.Open(), _limits, (int)entry.Length);
            }

            // The sizes and the checksum are the zip's own claims until the bytes are there.
            if (content.Length != entry.Length || Crc32.HashToUInt32(content) != entry.Crc32)
            {
                throw new ImageRejectedException(Damaged);
            }

            return content;
        }
        catch (Exception exception) when (exception is InvalidDataException or IOException)
        {
            throw new ImageRejectedException(NotUnpacked, exception);
        }
    }

    private bool IsImplausible(long length, long compressedLength) =>
        length > PlausibleAtAnyRatio && length / Math.Max(1, compressedLength) > _limits.MaxCompressionRatio;

    private sealed class Entry(ZipSource source, ZipArchiveEntry entry, string path, string? refusal) : SourceEntry(path, entry.Length, refusal)
    {
        public override byte[] Read() => source.Read(entry);

        protected override FileContent OpenLong(CancellationToken cancellationToken)
        {
            Directory.CreateDirectory(source._scratchFolder);
            var unpacked = FileContent.At(System.IO.Path.Combine(source._scratchFolder, $"{Guid.NewGuid():n}.tmp"), isScratch: true);
            try
            {
                using var file = new FileStream(unpacked.Path!, FileMode.CreateNew);
                ReadInPieces(file.Write, cancellationToken);
                return unpacked;
            }
            catch
            {
                unpacked.Dispose();
                throw;
            }
        }

        protected override void ReadInPieces(PieceAction take, CancellationToken cancellationToken)
        {
            var checksum = new Crc32();
            var length = 0L;
            try
            {
                lock (source._reading)
                {
                    using var content = entry.Open();
                    ReadInPieces(content, Take, cancellationToken);
                }
            }
            catch (InvalidDataException exception)
            {
                throw new ImageRejectedException(NotUnpacked, exception);
            }

            if (length != entry.Length || checksum.GetCurrentHashAsUInt32() != entry.Crc32)
            {
                throw new ImageRejectedException(Damaged);
            }

            void Take(ReadOnlySpan<byte> piece)
            {
                length += piece.Length;
                if (length > entry.Length)
                {
                    throw new ImageRejectedException(Damaged);
                }

                checksum.Append(piece);
                take(piece);
            }
        }
    }
}
