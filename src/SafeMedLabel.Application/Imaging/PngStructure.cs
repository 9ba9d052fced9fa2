using System.Buffers.Binary;
using System.IO.Hashing;

namespace SafeMedLabel.Application.Imaging;

/// <summary>
/// Walks a PNG's chunks before it is decoded. Decoders stop at the last pixel they need, and so never see a wrong
/// checksum of the last chunk or a missing end; a damaged medical picture has to be refused all the same.
/// </summary>
internal static class PngStructure
{
    private const int SignatureLength = 8;

    /// <summary>Length, type and checksum.</summary>
    private const int ChunkOverhead = 12;

    /// <summary>Size in pixels and bits per sample.</summary>
    public readonly record struct Header(uint Width, uint Height, byte BitDepth);

    /// <exception cref="ImageRejectedException">Truncated, or a checksum is wrong.</exception>
    public static Header Check(ReadOnlySpan<byte> content)
    {
        Header? header = null;
        var rest = content[SignatureLength..];
        while (rest.Length >= ChunkOverhead)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(rest);
            if (length > rest.Length - ChunkOverhead)
            {
                break;
            }

            var type = rest.Slice(4, 4);
            var data = rest.Slice(8, (int)length);
            if (Crc32.HashToUInt32(rest.Slice(4, 4 + (int)length)) != BinaryPrimitives.ReadUInt32BigEndian(rest[(8 + (int)length)..]))
            {
                throw new ImageRejectedException("The picture is damaged: a PNG checksum (CRC) is wrong.");
            }

            if (type.SequenceEqual("IHDR"u8) && length >= 9)
            {
                header = new Header(BinaryPrimitives.ReadUInt32BigEndian(data), BinaryPrimitives.ReadUInt32BigEndian(data[4..]), data[8]);
            }
            else if (type.SequenceEqual("IEND"u8))
            {
                return header ?? throw new ImageRejectedException("The picture is damaged: the PNG has no header.");
            }

            rest = rest[(ChunkOverhead + (int)length)..];
        }

        throw new ImageRejectedException("The picture is damaged: the file ends before the picture does.");
    }
}
