using System.Buffers.Binary;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>What unfolds inside a picture's file, beside its pixels or as more of them than it says, is not unfolded.</summary>
public sealed class PictureBombTests
{
    private const int Unfolded = 512 << 20;

    private static readonly byte[] Packed = Pack(Unfolded);

    [Theory]
    [InlineData("zTXt", "Comment\0\0")]
    [InlineData("iTXt", "Comment\0\u0001\0\0\0")]
    [InlineData("iCCP", "profile\0\0")]
    public void A_PNG_is_read_without_what_unfolds_beside_its_pixels(string chunk, string beginning)
    {
        var png = Pictures.Png(1);
        // Behind the header, where profiles and texts stand.
        byte[] bomb = [.. png[..33], .. Chunk(chunk, [.. Encoding.Latin1.GetBytes(beginning), .. Packed]), .. png[33..]];
        Assert.Equal(ImageDecoder.Decode(png).Rgb, ImageDecoder.Decode(bomb).Rgb);
    }

    [Theory]
    [InlineData(64, 64, 60_000, 60_000)]
    [InlineData(64, 64, 16, 0x7FFFFFF0)]
    [InlineData(0x7FFFFFF0, 0x7FFFFFF0, 256, 256)]
    public void A_TIFF_whose_tiles_are_larger_than_any_picture_is_refused(int width, int height, int tileWidth, int tileHeight) =>
        Assert.Throws<ImageRejectedException>(() => ImageDecoder.Decode(Tiff(width, height, tileWidth, tileHeight)));

    [Fact]
    public void A_TIFF_whose_tile_unfolds_to_more_than_its_pixels_is_read_as_far_as_they_go()
    {
        var picture = ImageDecoder.Decode(Tiff(64, 64, 64, 64));
        Assert.Equal((64, 64), (picture.Width, picture.Height));
    }

    private static byte[] Pack(int length)
    {
        using var packed = new MemoryStream();
        using (var zlib = new ZLibStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            var zeros = new byte[1 << 20];
            for (var written = 0; written < length; written += zeros.Length)
            {
                zlib.Write(zeros);
            }
        }

        return packed.ToArray();
    }

    private static byte[] Chunk(string type, byte[] data)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. data];
        var chunk = new byte[body.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(chunk, data.Length);
        body.CopyTo(chunk, 4);
        BinaryPrimitives.WriteUInt32BigEndian(chunk.AsSpan(4 + body.Length), Crc32.HashToUInt32(body));
        return chunk;
    }

    /// <summary>Grey, deflated, one tile (TIFF 6.0, sections 2 and 15).</summary>
    private static byte[] Tiff(int width, int height, int tileWidth, int tileHeight)
    {
        const int HeaderLength = 8;
        (ushort Tag, int Value)[] fields =
        [
            (256, width), (257, height), (258, 8), (259, 8), (262, 1), (277, 1), (322, tileWidth), (323, tileHeight), (324, HeaderLength), (325, Packed.Length),
        ];
        using var tiff = new BinaryWriter(new MemoryStream());
        tiff.Write("II*\0"u8);
        tiff.Write(HeaderLength + Packed.Length);
        tiff.Write(Packed);
        tiff.Write((ushort)fields.Length);
        foreach (var (tag, value) in fields)
        {
            tiff.Write(tag);
            tiff.Write((ushort)4);
            tiff.Write(1);
            tiff.Write(value);
        }

        tiff.Write(0);
        return ((MemoryStream)tiff.BaseStream).ToArray();
    }
}
