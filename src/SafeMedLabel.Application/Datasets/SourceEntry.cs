using System.Security.Cryptography;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A file as the folder or zip lists it. Of a million of them each byte counts, so that none holds a delegate.</summary>
/// <param name="path">With <c>/</c> between its parts.</param>
/// <param name="length">Bytes, as stated.</param>
/// <param name="refusal">Why it must not be read; null where it may.</param>
internal abstract class SourceEntry(string path, long length, string? refusal)
{
    private const int PieceLength = 1 << 20;

    /// <summary>With <c>/</c> between its parts.</summary>
    public string Path { get; } = path;

    /// <summary>Bytes, as stated.</summary>
    public long Length { get; } = length;

    /// <summary>Why it must not be read; null where it may.</summary>
    public string? Refusal { get; } = refusal;

    /// <summary>Whether it is read in parts, if it can be.</summary>
    private bool IsLong => Length > FileContent.MaxHeld;

    /// <summary>Reads it whole.</summary>
    /// <exception cref="ImageRejectedException">Too large, implausibly compressed, damaged or unreadable.</exception>
    public abstract byte[] Read();

    /// <summary>Its content; of a long one that is packed, unpacked until it is disposed of.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Read"/>, or long and no TIFF.</exception>
    public FileContent Open(CancellationToken cancellationToken) => IsLong ? OpenLong(cancellationToken) : FileContent.Of(Read());

    /// <summary>The SHA-256 of its content.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Open"/>.</exception>
    public Sha256Digest Digest(CancellationToken cancellationToken)
    {
        if (!IsLong)
        {
            return Sha256Digest.Of(Read());
        }

        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        ReadInPieces(hash.AppendData, cancellationToken);
        return Sha256Digest.Read(hash.GetHashAndReset());
    }

    /// <summary>A long one's content.</summary>
    /// <exception cref="ImageRejectedException">As of <see cref="Open"/>.</exception>
    protected abstract FileContent OpenLong(CancellationToken cancellationToken);

    /// <summary>Reads a long one from its beginning to its end.</summary>
    /// <param name="take">Takes the next piece.</param>
    /// <param name="cancellationToken">Stops between two pieces.</param>
    /// <exception cref="ImageRejectedException">As of <see cref="Open"/>; perhaps only after its last piece.</exception>
    protected abstract void ReadInPieces(PieceAction take, CancellationToken cancellationToken);

    /// <summary>Reads <paramref name="stream"/> so, if it begins as a TIFF does.</summary>
    protected static void ReadInPieces(Stream stream, PieceAction take, CancellationToken cancellationToken)
    {
        var piece = new byte[PieceLength];
        var length = stream.ReadAtLeast(piece, piece.Length, throwOnEndOfStream: false);
        FileContent.RequireReadableInParts(piece.AsSpan(0, length));
        while (length > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            take(piece.AsSpan(0, length));
            length = stream.Read(piece);
        }
    }

    /// <summary>Takes a piece of a file.</summary>
    protected delegate void PieceAction(ReadOnlySpan<byte> piece);
}
