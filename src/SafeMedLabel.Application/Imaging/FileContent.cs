using System.Security.Cryptography;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Files;

namespace SafeMedLabel.Application.Imaging;

/// <summary>What is in a picture's file: its bytes, or, where they may be too many to be held at once, the place where it lies.</summary>
public sealed class FileContent : IDisposable
{
    /// <summary>Most bytes of a file that is held in memory.</summary>
    public const int MaxHeld = 64 << 20;

    private readonly byte[]? _bytes;
    private readonly bool _isScratch;
    private readonly string? _hash;

    private FileContent(byte[]? bytes, string? path, bool isScratch, string? hash = null) => (_bytes, Path, _isScratch, _hash) = (bytes, path, isScratch, hash);

    /// <summary>Where it lies; null of bytes that were read already.</summary>
    public string? Path { get; }

    /// <summary>How many bytes there are.</summary>
    /// <exception cref="StoredFileException">It is content of the store, and missing.</exception>
    public long Length => _bytes?.Length ?? Found(path => new FileInfo(path).Length);

    /// <summary>Whether it is too long to be held; of such files only TIFF is read.</summary>
    public bool IsLong => Length > MaxHeld;

    /// <summary>What was read already.</summary>
    public static FileContent Of(byte[] bytes) => new(bytes, null, isScratch: false);

    /// <summary>What lies at a path.</summary>
    /// <param name="path">The path.</param>
    /// <param name="isScratch">Whether the file is deleted once nobody needs it.</param>
    public static FileContent At(string path, bool isScratch = false) => new(null, path, isScratch);

    /// <summary>What lies in the store, of which is known what it must be.</summary>
    /// <param name="path">The path.</param>
    /// <param name="hash">What the SHA-256 of its bytes must be, 64 lower-case hex digits.</param>
    internal static FileContent Stored(string path, string hash) => new(null, path, isScratch: false, hash);

    /// <summary>All of it. Of content of the store it is checked that it is what was kept.</summary>
    /// <exception cref="ImageRejectedException">It is longer than <see cref="MaxHeld"/>.</exception>
    /// <exception cref="StoredFileException">It is content of the store, and missing or damaged.</exception>
    public byte[] ReadWhole()
    {
        if (_bytes is not null)
        {
            return _bytes;
        }

        var bytes = IsLong ? throw new ImageRejectedException(TooLong) : Found(RegularFile.ReadAllBytes);
        return _hash is null || ContentStore.Hash(bytes) == _hash ? bytes : throw new StoredFileException(_hash, isMissing: false);
    }

    /// <summary>Reads it from its beginning; what comes is not checked.</summary>
    /// <exception cref="StoredFileException">It is content of the store, and missing.</exception>
    public Stream OpenRead() => _bytes is null ? Found(RegularFile.OpenRead) : new MemoryStream(_bytes, writable: false);

    /// <summary>Copies all of it, however long it is. Of content of the store it is checked that it is what was kept, a long one's only at the end.</summary>
    /// <exception cref="StoredFileException">As of <see cref="ReadWhole"/>.</exception>
    public async Task CopyToAsync(Stream target, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(target);
        if (!IsLong)
        {
            await target.WriteAsync(ReadWhole(), cancellationToken);
            return;
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var source = OpenRead();
        var piece = new byte[1 << 20];
        for (int read; (read = await source.ReadAsync(piece, cancellationToken)) > 0;)
        {
            hash.AppendData(piece, 0, read);
            await target.WriteAsync(piece.AsMemory(0, read), cancellationToken);
        }

        if (_hash is not null && Convert.ToHexStringLower(hash.GetHashAndReset()) != _hash)
        {
            throw new StoredFileException(_hash, isMissing: false);
        }
    }

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

    private T Found<T>(Func<string, T> look)
    {
        try
        {
            return look(Path!);
        }
        catch (Exception failure) when (_hash is not null && failure is (FileNotFoundException or DirectoryNotFoundException))
        {
            throw new StoredFileException(_hash!, isMissing: true, failure);
        }
        catch (Exception failure) when (_hash is not null && failure is (IOException or UnauthorizedAccessException))
        {
            throw new StoredFileException(_hash!, isMissing: false, failure);
        }
    }

    private static string TooLong => FormattableString.Invariant($"The file is larger than {MaxHeld >> 20} MiB; only a TIFF may be.");
}
