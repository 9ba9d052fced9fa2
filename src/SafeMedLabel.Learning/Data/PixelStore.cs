using System.Buffers;
using System.IO.MemoryMappedFiles;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Data;

/// <summary>
/// Training pixels of many images: N × size × size × 3, uint8 RGB, row by row. A file is memory-mapped, so that a data set costs
/// no memory of ours. Several threads may gather at once; none may while the store is disposed of.
/// </summary>
public sealed unsafe class PixelStore : IDisposable
{
    private readonly MemoryMappedFile? _file;
    private readonly MemoryMappedViewAccessor? _view;
    private MemoryHandle _pin;
    private byte* _pixels;

    /// <summary>Maps a file.</summary>
    /// <exception cref="InvalidDataException">Its length is no whole number of images.</exception>
    public PixelStore(string path, int size)
        : this(size, new FileInfo(path).Length, "The pixel file")
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, (long)Count * BytesPerImage, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _pixels);
    }

    /// <summary>Reads pixels that are in memory already.</summary>
    /// <exception cref="InvalidDataException">Their number is no whole number of images.</exception>
    public PixelStore(ReadOnlyMemory<byte> pixels, int size)
        : this(size, pixels.Length, "The pixel memory")
    {
        _pin = pixels.Pin();
        _pixels = (byte*)_pin.Pointer;
    }

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
    public Tensor Gather(ReadOnlySpan<int> indices)
    {
        ObjectDisposedException.ThrowIf(_pixels is null, this);
        using var raw = empty([indices.Length, Size, Size, 3], ScalarType.Byte);
        var bytes = raw.bytes;
        for (var i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)indices[i], (uint)Count, nameof(indices));
            new ReadOnlySpan<byte>(_pixels + ((long)indices[i] * BytesPerImage), BytesPerImage).CopyTo(bytes[(i * BytesPerImage)..]);
        }

        using var moved = raw.to(Device);
        using var planes = moved.permute(0, 3, 1, 2);
        return planes.to(ScalarType.Float32).div_(255f);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        if (_pixels is not null)
        {
            _pixels = null;
            _view?.SafeMemoryMappedViewHandle.ReleasePointer();
            _view?.Dispose();
            _file?.Dispose();
            _pin.Dispose();
        }
    }
}
