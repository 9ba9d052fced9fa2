using Microsoft.Win32.SafeHandles;

namespace SafeMedLabel.Learning.Data;

/// <summary>
/// Rows of the same length, in a file or in memory. A file stays where it is: each row is read from it, out of the system's cache once it was read
/// before, so that a data set costs no memory of ours. Mapped, its pages would count as ours, and a file that is cut short while it is read would end the
/// process. Several threads may read at once.
/// </summary>
internal sealed class RowReader : IDisposable
{
    private readonly SafeFileHandle? _file;
    private readonly ReadOnlyMemory<byte> _memory;
    private readonly string _name;

    /// <summary>Opens a file. What is appended to it meanwhile is not seen.</summary>
    /// <param name="path">The file.</param>
    /// <param name="name">How people know it: 'The pixel file'.</param>
    /// <param name="share">What others may do with it meanwhile.</param>
    public RowReader(string path, string name, FileShare share = FileShare.Read)
    {
        _name = name;
        Length = new FileInfo(path).Length;
        _file = File.OpenHandle(path, share: share, options: FileOptions.RandomAccess);
    }

    /// <summary>Reads rows that are in memory already.</summary>
    /// <param name="memory">The rows.</param>
    /// <param name="name">How people know it: 'The pixel memory'.</param>
    public RowReader(ReadOnlyMemory<byte> memory, string name) => (_memory, _name, Length) = (memory, name, memory.Length);

    /// <summary>Bytes in all.</summary>
    public long Length { get; }

    /// <summary>Reads a row.</summary>
    /// <param name="row">Its number, from 0.</param>
    /// <param name="bytes">Takes it; as long as every row.</param>
    /// <exception cref="InvalidDataException">The file was cut short meanwhile.</exception>
    public void Read(int row, Span<byte> bytes)
    {
        var offset = (long)row * bytes.Length;
        if (_file is null)
        {
            _memory.Span.Slice((int)offset, bytes.Length).CopyTo(bytes);
            return;
        }

        while (bytes.Length > 0)
        {
            var read = RandomAccess.Read(_file, bytes, offset);
            if (read == 0)
            {
                throw new InvalidDataException($"{_name} was cut short while it was read.");
            }

            bytes = bytes[read..];
            offset += read;
        }
    }

    /// <inheritdoc />
    public void Dispose() => _file?.Dispose();
}
