using System.Security.Cryptography;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// A folder or a zip with one folder per class (<c>Parasitized/…</c>, <c>Uninfected/…</c>; any names), at its top or below one
/// enclosing folder; or with a <see cref="Manifest"/>, which then says what is what. A zip is read where it lies; only slides in it are unpacked, one
/// at a time. Dispose it when all files were read.
/// </summary>
public abstract class DatasetSource : IDisposable
{
    private const int PieceLength = 1 << 20;

    private Action? _onRead;

    private protected DatasetSource(SourceLimits limits) => Limits = limits;

    /// <summary>How many files the data set has.</summary>
    public int FileCount => Catalogue.FileCount;

    /// <summary>Ordered by path, as its bytes in UTF-8 are; read anew each time, for there may be a million of them.</summary>
    public IEnumerable<SourceFile> Files => Catalogue.Files;

    /// <summary>What is refused by its name or kind alone, such as a link or a path that leads out of the data set.</summary>
    public IReadOnlyList<RejectedFile> Rejected { get; private set; } = [];

    /// <summary>
    /// Names of the class folders, at least two, or of the manifest's labels, any number; ordered ordinally: a class's number is its place here.
    /// </summary>
    public IReadOnlyList<string> ClassNames { get; private set; } = [];

    /// <summary>Whether the data set marks itself as drawn by a program, by a file <c>.synthetic</c> at its top.</summary>
    public bool IsSynthetic { get; private set; }

    /// <summary>What was taken otherwise than the folders or the manifest write it, as sentences.</summary>
    public IReadOnlyList<string> Remarks { get; private set; } = [];

    /// <summary>What readers said elsewhere of its pictures, the oldest first.</summary>
    internal IReadOnlyList<BroughtReading> Readings { get; private set; } = [];

    /// <summary>What it may cost to read.</summary>
    internal SourceLimits Limits { get; }

    /// <summary>The room that what is unpacked must leave; null where nobody keeps any.</summary>
    internal StorageRoom? Room { get; private set; }

    /// <summary>What is known of the files. For one thread at a time.</summary>
    internal SourceCatalogue Catalogue { get; private set; } = null!;

    /// <summary>Opens a folder or zip and finds its class folders or its manifest; no picture is read yet.</summary>
    /// <param name="path">A folder, a zip file, or a manifest in the folder of its pictures.</param>
    /// <param name="limits"><see cref="SourceLimits.Default"/> where null.</param>
    /// <param name="scratchFolder">Where slides of a zip are unpacked while they are read; the system's folder for temporary files where null.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatasetException">Not found, not readable, not in the expected layout, or over a limit.</exception>
    public static DatasetSource Open(string path, SourceLimits? limits = null, string? scratchFolder = null, CancellationToken cancellationToken = default) =>
        Open(path, limits, scratchFolder, onRead: null, room: null, cancellationToken);

    /// <summary>Opens a folder or zip as above, for work that is watched.</summary>
    /// <param name="path">As above.</param>
    /// <param name="limits">As above.</param>
    /// <param name="scratchFolder">As above.</param>
    /// <param name="onRead">Hears that something was listed or read, on several threads: a source that says nothing for long hangs.</param>
    /// <param name="room">The room that what is unpacked must leave; null where nobody keeps any.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatasetException">As above.</exception>
    internal static DatasetSource Open(
        string path, SourceLimits? limits, string? scratchFolder, Action? onRead, StorageRoom? room, CancellationToken cancellationToken)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(path);
        limits ??= SourceLimits.Default;
        DatasetSource? source = null;
        try
        {
            source = RegularFile.IsOther(path) ? throw new DatasetException($"'{path}' is no folder or zip. {RegularFile.Refusal}")
                : Directory.Exists(path) ? new FolderSource(path, limits)
                : Manifest.IsNamedSo(path) && File.Exists(path) ? new FolderSource(Path.GetDirectoryName(Path.GetFullPath(path))!, limits)
                : File.Exists(path) ? new ZipSource(path, limits, scratchFolder ?? Path.GetTempPath())
                : throw new DatasetException($"There is no folder or zip at '{path}'.");
            (source._onRead, source.Room) = (onRead, room);
            source.Catalogue = SourceCatalogue.Of(source, source.List(cancellationToken).Select(source.Heard), cancellationToken);
            source.Arrange(Manifest.IsNamedSo(path) ? Path.GetFileName(path) : Manifest.FindIn(source.Catalogue), cancellationToken);
            return source;
        }
        catch (Exception exception)
        {
            source?.Dispose();
            throw exception switch
            {
                IOException or UnauthorizedAccessException => new DatasetException($"'{path}' cannot be read: {exception.Message}", exception),
                InvalidDataException => new DatasetException($"'{Path.GetFileName(path)}' is not a readable zip: it is damaged, cut short, or something else.", exception),
                _ => exception,
            };
        }
    }

    /// <summary>Counts files as refused that somebody looked at before.</summary>
    internal void Refuse(IReadOnlyList<RejectedFile> files) => Rejected = [.. Rejected, .. files];

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Reads a file whole.</summary>
    /// <exception cref="ImageRejectedException">Too large, implausibly compressed, damaged or unreadable.</exception>
    internal byte[] Read(SourceEntry entry) => IsLong(entry) ? throw new ImageRejectedException(Limits.TooLongToHold) : ReadWhole(entry);

    /// <summary>A file's content; of a long one that is packed, unpacked until it is disposed of.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Read"/>, or long and no TIFF.</exception>
    internal FileContent Open(SourceEntry entry, CancellationToken cancellationToken) =>
        Heard(IsLong(entry) ? OpenLong(entry, isPicture: true, cancellationToken) : FileContent.Of(ReadWhole(entry)));

    /// <summary>The content of a file that is no picture, as of <see cref="Open(SourceEntry, CancellationToken)"/>.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Read"/>.</exception>
    internal FileContent OpenText(SourceEntry entry, CancellationToken cancellationToken) => IsLong(entry) ? OpenLong(entry, isPicture: false, cancellationToken) : FileContent.Of(ReadWhole(entry));

    /// <summary>The SHA-256 of a file's content, in hexadecimal digits.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Open(SourceEntry, CancellationToken)"/>.</exception>
    internal string Digest(SourceEntry entry, CancellationToken cancellationToken)
    {
        if (!IsLong(entry))
        {
            return Heard(ContentStore.Hash(ReadWhole(entry)));
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ReadInPieces(entry, isPicture: true, hash.AppendData, cancellationToken);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Closes what the source holds open.</summary>
    protected virtual void Dispose(bool disposing)
    {
        if (disposing)
        {
            Catalogue?.Dispose();
        }
    }

    /// <summary>Every file there is, hidden and refused ones included, in no particular order.</summary>
    private protected abstract IEnumerable<SourceEntry> List(CancellationToken cancellationToken);

    /// <summary>Reads a file that is not long.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Read"/>.</exception>
    private protected abstract byte[] ReadWhole(SourceEntry entry);

    /// <summary>A long one's content.</summary>
    /// <param name="entry">The file.</param>
    /// <param name="isPicture">Whether it is of no use unless it begins as a TIFF does.</param>
    /// <param name="cancellationToken">Stops between two pieces.</param>
    /// <exception cref="ImageRejectedException">As of <see cref="Open(SourceEntry, CancellationToken)"/>.</exception>
    private protected abstract FileContent OpenLong(SourceEntry entry, bool isPicture, CancellationToken cancellationToken);

    /// <summary>Reads a long one from its beginning to its end.</summary>
    /// <param name="entry">The file.</param>
    /// <param name="isPicture">As of <see cref="OpenLong"/>.</param>
    /// <param name="take">Takes the next piece.</param>
    /// <param name="cancellationToken">Stops between two pieces.</param>
    /// <exception cref="ImageRejectedException">As of <see cref="Open(SourceEntry, CancellationToken)"/>; perhaps only after its last piece.</exception>
    private protected abstract void ReadInPieces(SourceEntry entry, bool isPicture, PieceAction take, CancellationToken cancellationToken);

    /// <summary>Says that something was read, and returns it.</summary>
    private protected T Heard<T>(T read)
    {
        _onRead?.Invoke();
        return read;
    }

    /// <summary>Reads <paramref name="stream"/> so, and returns how many bytes there were.</summary>
    private protected long ReadInPieces(Stream stream, bool isPicture, PieceAction take, CancellationToken cancellationToken)
    {
        var piece = new byte[PieceLength];
        var length = stream.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false);
        if (isPicture)
        {
            FileContent.RequireReadableInParts(piece.AsSpan(0, length));
        }

        var total = 0L;
        while (length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            take(piece.AsSpan(0, length));
            total += Heard(length);
            length = stream.Read(piece);
        }

        return total;
    }

    /// <summary>Takes a piece of a file.</summary>
    private protected delegate void PieceAction(ReadOnlySpan<byte> piece);

    /// <summary>Whether a file is read in parts, if it can be.</summary>
    private protected static bool IsLong(SourceEntry entry) => entry.Length > FileContent.MaxHeld;

    private void Arrange(string? manifest, CancellationToken cancellationToken)
    {
        var layout = manifest is null ? ClassLayout.Find(Catalogue, Limits, cancellationToken) : Manifest.Arrange(manifest, this, cancellationToken);
        Rejected = layout.Rejected;
        ClassNames = layout.ClassNames;
        IsSynthetic = layout.IsSynthetic;
        Remarks = layout.Remarks;
        Readings = layout.Readings;
    }
}
