using Microsoft.Win32.SafeHandles;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Data;

/// <summary>
/// What a backbone saw in many images: N × 512 numbers of half precision, row by row. Like <see cref="PixelStore"/>, and for the same reasons, it reads
/// a file where it lies. Several threads may gather at once.
/// </summary>
public sealed class FeatureStore : IDisposable
{
    private readonly SafeFileHandle? _file;
    private readonly ReadOnlyMemory<byte> _memory;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file. More may be appended to it meanwhile; that is not seen.</param>
    /// <exception cref="InvalidDataException">It holds no features.</exception>
    public FeatureStore(string path)
        : this(new FileInfo(path).Length) => _file = File.OpenHandle(path, share: FileShare.ReadWrite, options: FileOptions.RandomAccess);

    /// <summary>Reads features that are in memory already; see <see cref="Pack"/>.</summary>
    /// <exception cref="InvalidDataException">There are none.</exception>
    public FeatureStore(ReadOnlyMemory<byte> features)
        : this(features.Length) => _memory = features;

    private FeatureStore(long length)
    {
        LibTorch.EnsureLoaded();
        Count = (int)Math.Min(length / ImageFeatures.Bytes, int.MaxValue);
        if (Count == 0)
        {
            throw new InvalidDataException("There are no features of any image.");
        }
    }

    /// <summary>Images.</summary>
    public int Count { get; }

    /// <summary>Features [N, 512] as they are kept.</summary>
    public static byte[] Pack(Tensor features)
    {
        using var scope = NewDisposeScope();
        return features.cpu().to(ScalarType.Float16).contiguous().bytes.ToArray();
    }

    /// <summary>Features of some images: [n, 512], float32.</summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    /// <exception cref="InvalidDataException">The file was cut short meanwhile.</exception>
    public Tensor Gather(ReadOnlySpan<int> rows)
    {
        using var raw = empty([rows.Length, ImageFeatures.Length], ScalarType.Float16);
        var bytes = raw.bytes;
        for (var i = 0; i < rows.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)rows[i], (uint)Count, nameof(rows));
            Read((long)rows[i] * ImageFeatures.Bytes, bytes.Slice(i * ImageFeatures.Bytes, ImageFeatures.Bytes));
        }

        return raw.to(ScalarType.Float32);
    }

    /// <inheritdoc />
    public void Dispose() => _file?.Dispose();

    private void Read(long offset, Span<byte> image)
    {
        if (_file is null)
        {
            _memory.Span.Slice((int)offset, image.Length).CopyTo(image);
        }
        else if (RandomAccess.Read(_file, image, offset) < image.Length)
        {
            throw new InvalidDataException("The file of features was cut short while it was read.");
        }
    }
}
