using System.Buffers.Binary;

namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// Checks that a TIFF's directories are all there (TIFF 6.0, section 2, and its 64-bit form, BigTIFF). The library takes the first that is missing for
/// the end, so that a file whose copying is not done would lack its smallest copies and be taken for whole.
/// </summary>
internal static class TiffStructure
{
    private const int MaxDirectories = 100_000;

    /// <exception cref="ImageRejectedException">A directory lies beyond the file's end, or they lead in a circle.</exception>
    public static void Check(FileContent content)
    {
        using var stream = content.OpenRead();
        var layout = Layout.Of(stream);
        var offset = layout.ReadOffset(stream);
        for (var count = 0; offset != 0; count++)
        {
            if (count == MaxDirectories)
            {
                throw Damaged();
            }

            offset = layout.Next(stream, offset);
        }
    }

    private static ImageRejectedException Damaged() => new("The TIFF is damaged or cut short: one of its directories is missing.");

    private static void Fill(Stream stream, Span<byte> bytes)
    {
        if (stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) < bytes.Length)
        {
            throw Damaged();
        }
    }

    /// <summary>How a file writes its numbers.</summary>
    private readonly record struct Layout(bool IsBig, bool IsLittleEndian)
    {
        private int EntryLength => IsBig ? 20 : 12;

        /// <summary>Reads the header up to the first directory's offset.</summary>
        public static Layout Of(Stream stream)
        {
            Span<byte> header = stackalloc byte[4];
            Fill(stream, header);
            var layout = new Layout(IsBig: header.Contains((byte)43), IsLittleEndian: header[0] == 'I');
            if (layout.IsBig)
            {
                // The length of offsets, which is always 8, and two bytes of nothing.
                Fill(stream, header);
            }

            return layout;
        }

        /// <summary>Reads where a directory lies; 0 after the last.</summary>
        public ulong ReadOffset(Stream stream) => ReadNumber(stream, IsBig ? 8 : 4);

        /// <summary>Where the directory after that at <paramref name="offset"/> lies.</summary>
        public ulong Next(Stream stream, ulong offset)
        {
            var length = (ulong)stream.Length;
            if (offset >= length)
            {
                throw Damaged();
            }

            stream.Position = (long)offset;
            var entries = ReadNumber(stream, IsBig ? 8 : 2);
            if (entries > (length - (ulong)stream.Position) / (ulong)EntryLength)
            {
                throw Damaged();
            }

            stream.Position += (long)entries * EntryLength;
            return ReadOffset(stream);
        }

        private ulong ReadNumber(Stream stream, int length)
        {
            Span<byte> bytes = stackalloc byte[length];
            Fill(stream, bytes);
            return (length, IsLittleEndian) switch
            {
                (2, true) => BinaryPrimitives.ReadUInt16LittleEndian(bytes),
                (2, false) => BinaryPrimitives.ReadUInt16BigEndian(bytes),
                (4, true) => BinaryPrimitives.ReadUInt32LittleEndian(bytes),
                (4, false) => BinaryPrimitives.ReadUInt32BigEndian(bytes),
                (_, true) => BinaryPrimitives.ReadUInt64LittleEndian(bytes),
                _ => BinaryPrimitives.ReadUInt64BigEndian(bytes),
            };
        }
    }
}
