namespace SafeMedLabel.Application.Imaging;

/// <summary>Writes the file of training pixels that a trainer maps: N × size × size × 3, uint8 RGB, one row an image.</summary>
public sealed class PixelFile : IDisposable
{
    private readonly string _path;
    private readonly string _temporary;
    private readonly FileStream _stream;

    /// <summary>Begins a file; it appears at <paramref name="path"/> only when it is complete.</summary>
    public PixelFile(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        _path = path;
        _temporary = $"{path}.{Guid.NewGuid():n}.tmp";
        _stream = new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 20);
    }

    /// <summary>Appends one image's pixels.</summary>
    public void Append(byte[] pixels) => _stream.Write(pixels);

    /// <summary>Puts the file in its place.</summary>
    public void Complete()
    {
        _stream.Flush(flushToDisk: true);
        _stream.Dispose();
        File.Move(_temporary, _path, overwrite: true);
    }

    /// <summary>Drops what was not completed.</summary>
    public void Dispose()
    {
        try
        {
            _stream.Dispose();
        }
        finally
        {
            // On a full disk it does not even close well.
            File.Delete(_temporary);
        }
    }
}
