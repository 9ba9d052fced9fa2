using Microsoft.Win32.SafeHandles;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Data;

/// <summary>
/// Training pixels of many images: N × size × size × 3, uint8 RGB, row by row. A file stays where it is: each batch is read from it, out of
/// the system's cache once it was read before, so that a data set costs no memory of ours. Mapped, its pages would count as ours, and a
/// file that is cut short while it is read would end the process. Several threads may gather at once.
/// </summary>
public sealed class PixelStore : IDisposable
{
    private readonly SafeFileHandle? _file;
    private readonly ReadOnlyMemory<byte> _memory;
    private bool _isDisposed;

    /// <summary>Opens a file.</summary>
    /// <exception cref="InvalidDataException">Its length is no whole number of images.</exception>
    public PixelStore(string path, int size)
        : this(size, new FileInfo(path).Length, "The pixel file") => _file = File.OpenHandle(path, options: FileOptions.RandomAccess);

    /// <summary>Reads pixels that are in memory already.</summary>
    /// <exception cref="InvalidDataException">Their number is no whole number of images.</exception>
    public PixelStore(ReadOnlyMemory<byte> pixels, int size)
        : this(size, pixels.Length, "The pixel memory") => _memory = pixels;

    private PixelStore(int size, long length, string what)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(size, 4096);
        LibTorch.EnsureLoaded();
        Size = size;
        if (length == 0 || length % BytesPerImage != 0 || length / BytesPerImage > int.MaxValue)
        {
            throw new InvalidDataException($"{what} holds {length} bytes, which is no whole number of {size} × {size} images.");
        }

        Count = (int)(length / BytesPerImage);
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
            Read((long)indices[i] * BytesPerImage, bytes.Slice(i * BytesPerImage, BytesPerImage));
        }

        using var moved = raw.to(Device);
        using var planes = moved.permute(0, 3, 1, 2);
        return planes.to(ScalarType.Float32).DivideInPlace(255f);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _isDisposed = true;
        _file?.Dispose();
    }

    private void Read(long offset, Span<byte> image)
    {
        if (_file is null)
        {
            _memory.Span.Slice((int)offset, image.Length).CopyTo(image);
            return;
        }

        while (image.Length > 0)
        {
            var read = RandomAccess.Read(_file, image, offset);
            if (read == 0)
            {
                throw new InvalidDataException("The pixel file was cut short while it was read.");
            }

            image = image[read..];
            offset += read;
        }
    }
}
