using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Data;

/// <summary>Training pixels of many images: N × size × size × 3, uint8 RGB, row by row. Several threads may gather at once.</summary>
public sealed class PixelStore : IDisposable
{
    private readonly RowReader _rows;
    private bool _isDisposed;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">Its length is no whole number of images.</exception>
    public PixelStore(string path, int size)
        : this(new RowReader(path, "The pixel file"), "The pixel file", size)
    {
    }

    /// <summary>Reads pixels that are in memory already.</summary>
    /// <exception cref="InvalidDataException">Their number is no whole number of images.</exception>
    public PixelStore(ReadOnlyMemory<byte> pixels, int size)
        : this(new RowReader(pixels, "The pixel memory"), "The pixel memory", size)
    {
    }

    private PixelStore(RowReader rows, string what, int size)
    {
        try
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
            ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 4096);
            LibTorch.EnsureLoaded();
            (_rows, Size) = (rows, size);
            if (rows.Length == 0 || rows.Length % BytesPerImage != 0 || rows.Length / BytesPerImage > int.MaxValue)
            {
                throw new InvalidDataException($"{what} holds {rows.Length} bytes, which is no whole number of {size} × {size} images.");
            }

            Count = (int)(rows.Length / BytesPerImage);
        }
        catch
        {
            rows.Dispose();
            throw;
        }
    }

    /// <summary>Images.</summary>
    public int Count { get; }

    /// <summary>Side in pixels.</summary>
    public int Size { get; }

    /// <summary>Where gathered images go: the processor, or the graphics card that a network is on.</summary>
    public Device Device { get; init; } = CPU;

    private int BytesPerImage => Size * Size * 3;

    /// <summary>
    /// The images at <paramref name="indices"/> as [N, 3, size, size], float32, 0 to 1. The strides are those of the file
    /// (channels last), which convolutions on a processor prefer.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">There is no such image.</exception>
    /// <exception cref="InvalidDataException">The file was cut short meanwhile.</exception>
    public Tensor Gather(ReadOnlySpan<int> indices)
    {
        ObjectDisposedException.ThrowIf(_isDisposed, this);
        using var raw = empty([indices.Length, Size, Size, 3], ScalarType.Byte);
        var bytes = raw.bytes;
        for (var i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)indices[i], (uint)Count, nameof(indices));
            _rows.Read(indices[i], bytes.Slice(i * BytesPerImage, BytesPerImage));
        }

        using var moved = raw.to(Device);
        using var planes = moved.permute(0, 3, 1, 2);
        return planes.to(ScalarType.Float32).DivideInPlace(255f);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _isDisposed = true;
        _rows.Dispose();
    }
}
