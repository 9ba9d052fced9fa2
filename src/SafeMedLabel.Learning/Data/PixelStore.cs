using System.IO.MemoryMappedFiles;
using SafeMedLabel.Learning.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Data;

/// <summary>Training pixels of many images: N × size × size × 3, uint8 RGB, memory-mapped, so that a data set costs no memory of ours.</summary>
public sealed unsafe class PixelStore : IDisposable
{
    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;
    private readonly byte* _pixels;

    static PixelStore() => LibTorch.EnsureLoaded();

    /// <summary>Maps a file.</summary>
    /// <exception cref="InvalidDataException">Its length is no whole number of images.</exception>
    public PixelStore(string path, int size)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        Size = size;
        var length = new FileInfo(path).Length;
        if (length == 0 || length % BytesPerImage != 0)
        {
            throw new InvalidDataException($"The pixel file holds {length} bytes, which is no whole number of {size} × {size} images.");
        }

        Count = (int)(length / BytesPerImage);
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.Open, null, 0, MemoryMappedFileAccess.Read);
        _view = _file.CreateViewAccessor(0, length, MemoryMappedFileAccess.Read);
        _view.SafeMemoryMappedViewHandle.AcquirePointer(ref _pixels);
    }

    /// <summary>Images.</summary>
    public int Count { get; }

    /// <summary>Side in pixels.</summary>
    public int Size { get; }

    private int BytesPerImage => Size * Size * 3;

    /// <summary>The images at <paramref name="indices"/> as [N, 3, size, size], float32, 0 to 1.</summary>
    public Tensor Gather(ReadOnlySpan<int> indices)
    {
        var bytes = new byte[(long)indices.Length * BytesPerImage];
        for (var i = 0; i < indices.Length; i++)
        {
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((uint)indices[i], (uint)Count, nameof(indices));
            new ReadOnlySpan<byte>(_pixels + ((long)indices[i] * BytesPerImage), BytesPerImage).CopyTo(bytes.AsSpan(i * BytesPerImage));
        }

        using var raw = tensor(bytes, [indices.Length, Size, Size, 3], ScalarType.Byte);
        using var planes = raw.permute(0, 3, 1, 2);
        using var floats = planes.to(ScalarType.Float32);
        using var contiguous = floats.contiguous();
        return contiguous.div(255f);
    }

    /// <inheritdoc />
    public void Dispose()
    {
        _view.SafeMemoryMappedViewHandle.ReleasePointer();
        _view.Dispose();
        _file.Dispose();
    }
}
