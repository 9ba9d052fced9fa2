using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Data;

/// <summary>What a backbone saw in many images: N × 512 numbers of half precision, row by row. Several threads may gather at once.</summary>
public sealed class FeatureStore : IDisposable
{
    private readonly RowReader _rows;

    /// <summary>Opens a file.</summary>
    /// <param name="path">The file. More may be appended to it meanwhile; that is not seen.</param>
    /// <exception cref="InvalidDataException">It holds no features.</exception>
    public FeatureStore(string path)
        : this(new RowReader(path, "The file of features", FileShare.ReadWrite))
    {
    }

    /// <summary>Reads features that are in memory already; see <see cref="Pack"/>.</summary>
    /// <exception cref="InvalidDataException">There are none.</exception>
    public FeatureStore(ReadOnlyMemory<byte> features)
        : this(new RowReader(features, "The memory of features"))
    {
    }

    private FeatureStore(RowReader rows)
    {
        LibTorch.EnsureLoaded();
        _rows = rows;
        Count = (int)Math.Min(rows.Length / ImageFeatures.Bytes, int.MaxValue);
        if (Count == 0)
        {
            rows.Dispose();
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
            _rows.Read(rows[i], bytes.Slice(i * ImageFeatures.Bytes, ImageFeatures.Bytes));
        }

        return raw.to(ScalarType.Float32);
    }

    /// <inheritdoc />
    public void Dispose() => _rows.Dispose();
}
