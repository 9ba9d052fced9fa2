using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>
/// Images and patients that a model has seen. Each is kept as a fingerprint, six bytes of a SHA-256: whether one is among them can be asked, but
/// they cannot be listed. With a million of them, another is taken for one by a chance of 1 in 280 million. A short patient number can be guessed from
/// its fingerprint.
/// </summary>
public sealed class SeenData
{
    private const int Bytes = 6;

    private readonly ulong[] _images;
    private readonly ulong[] _patients;

    private SeenData(ulong[] images, ulong[] patients) => (_images, _patients) = (images, patients);

    /// <summary>No image and no patient.</summary>
    public static SeenData None { get; } = new([], []);

    /// <summary>How many images.</summary>
    public int Images => _images.Length;

    /// <summary>How many patients.</summary>
    public int Patients => _patients.Length;

    /// <summary>The images and patients of some data.</summary>
    /// <param name="images">Of each image the SHA-256 of its file, 64 hexadecimal digits, and its patient; null where nobody knows the patient.</param>
    public static SeenData Of(IReadOnlyCollection<(string ContentHash, string? Patient)> images)
    {
        ArgumentNullException.ThrowIfNull(images);
        return new SeenData(
            Ordered(images.Select(i => OfImage(i.ContentHash))),
            Ordered(images.Select(i => i.Patient).OfType<string>().Distinct(StringComparer.Ordinal).Select(OfPatient)));
    }

    /// <summary>These and those of <paramref name="other"/>.</summary>
    public SeenData With(SeenData other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return new SeenData(Ordered(_images.Concat(other._images)), Ordered(_patients.Concat(other._patients)));
    }

    /// <summary>Whether the image, or another of its patient, is among them.</summary>
    /// <param name="contentHash">SHA-256 of its file, 64 hexadecimal digits.</param>
    /// <param name="patient">Its patient; null where nobody knows the patient.</param>
    public bool Has(string contentHash, string? patient) =>
        Array.BinarySearch(_images, OfImage(contentHash)) >= 0 || (patient is not null && Array.BinarySearch(_patients, OfPatient(patient)) >= 0);

    /// <summary>As it is kept in a model's file.</summary>
    internal Stored Store() => new(Pack(_images), Pack(_patients));

    /// <summary>Reads what a model's file says.</summary>
    /// <exception cref="InvalidDataException">No such data was stored.</exception>
    internal static SeenData Read(Stored stored) => new(Unpack(stored.Images), Unpack(stored.Patients));

    /// <summary>A content hash is evenly spread already.</summary>
    private static ulong OfImage(string contentHash) => Number(Convert.FromHexString(contentHash.AsSpan(0, 2 * Bytes)));

    private static ulong OfPatient(string patient) => Number(SHA256.HashData(Encoding.UTF8.GetBytes(patient)));

    private static ulong Number(ReadOnlySpan<byte> bytes)
    {
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        bytes[..Bytes].CopyTo(padded[(sizeof(ulong) - Bytes)..]);
        return BinaryPrimitives.ReadUInt64BigEndian(padded);
    }

    private static byte[] Pack(ulong[] fingerprints)
    {
        var packed = new byte[fingerprints.Length * Bytes];
        Span<byte> padded = stackalloc byte[sizeof(ulong)];
        foreach (var (i, fingerprint) in fingerprints.Index())
        {
            BinaryPrimitives.WriteUInt64BigEndian(padded, fingerprint);
            padded[(sizeof(ulong) - Bytes)..].CopyTo(packed.AsSpan(i * Bytes));
        }

        return packed;
    }

    private static ulong[] Ordered(IEnumerable<ulong> fingerprints) => [.. fingerprints.Distinct().Order()];

    private static ulong[] Unpack(byte[] packed)
    {
        if (packed.Length % Bytes != 0)
        {
            throw new InvalidDataException("The model's file does not say what it was trained on: its list of fingerprints is cut short.");
        }

        var fingerprints = new ulong[packed.Length / Bytes];
        for (var i = 0; i < fingerprints.Length; i++)
        {
            fingerprints[i] = Number(packed.AsSpan(i * Bytes, Bytes));
            if (i > 0 && fingerprints[i] <= fingerprints[i - 1])
            {
                throw new InvalidDataException("The model's file does not say what it was trained on: its list of fingerprints is not in order.");
            }
        }

        return fingerprints;
    }

    /// <summary>Fingerprints of <see cref="Bytes"/> bytes each, one after the other, in ascending order.</summary>
    internal sealed record Stored(byte[] Images, byte[] Patients);
}
