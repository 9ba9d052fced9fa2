namespace SafeMedLabel.Application.Imaging;

/// <summary>What is in a picture's file: its bytes, or, where they may be too many to be held at once, the place where it lies.</summary>
public sealed class FileContent : IDisposable
{
    /// <summary>Most bytes of a file that is held in memory.</summary>
    public const int MaxHeld = 64 << 20;

    private readonly byte[]? _bytes;
    private readonly bool _isScratch;

    private FileContent(byte[]? bytes, string? path, bool isScratch) => (_bytes, Path, _isScratch) = (bytes, path, isScratch);

    /// <summary>Where it lies; null of bytes that were read already.</summary>
    public string? Path { get; }

    /// <summary>How many bytes there are.</summary>
    public long Length => _bytes?.Length ?? new FileInfo(Path!).Length;

    /// <summary>Whether it is too long to be held; of such files only TIFF is read.</summary>
    public bool IsLong => Length > MaxHeld;

    /// <summary>What was read already.</summary>
    public static FileContent Of(byte[] bytes) => new(bytes, null, isScratch: false);

    /// <summary>What lies at a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="isScratch">Whether the file is deleted once nobody needs it.</param>
    public static FileContent At(string path, bool isScratch = false) => new(null, path, isScratch);

    /// <summary>All of it.</summary>
    /// <exception cref="ImageRejectedException">It is longer than <see cref="MaxHeld"/>.</exception>
    public byte[] ReadWhole() =>
        _bytes ?? (IsLong ? throw new ImageRejectedException(TooLong) : File.ReadAllBytes(Path!));

    /// <summary>Reads it from its beginning.</summary>
    public Stream OpenRead() => _bytes is null ? File.OpenRead(Path!) : new MemoryStream(_bytes, writable: false);

    /// <inheritdoc />
    public void Dispose()
    {
        if (_isScratch)
        {
            File.Delete(Path!);
        }
    }

    /// <summary>Of files longer than <see cref="MaxHeld"/> only TIFF can be read in parts: refuses others by their first bytes.</summary>
    internal static void RequireReadableInParts(ReadOnlySpan<byte> beginning)
    {
        if (ImageFormats.Detect(beginning) != ImageFormat.Tiff)
        {
            throw new ImageRejectedException(TooLong);
        }
    }

    private static string TooLong => FormattableString.Invariant($"The file is larger than {MaxHeld >> 20} MiB; only a TIFF may be.");
}
