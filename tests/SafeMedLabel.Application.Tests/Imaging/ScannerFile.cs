using BitMiracle.LibTiff.Classic;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Imaging;

/// <summary>
/// A slide laid out as Aperio's scanners do (https://openslide.org/formats/aperio): the picture in tiles, a thumbnail in strips, copies four and
/// sixteen times as small in tiles, then a photograph of the label and one of the glass. Label and glass are blue, which the slide itself is not.
/// </summary>
internal static class ScannerFile
{
    private const int TileSide = 240;

    public static void Write(string path, int width, int height, Compression compression = Compression.ADOBE_DEFLATE)
    {
        using var tiff = Tiff.Open(path, "w");
        var number = 0;
        foreach (var (pageWidth, pageHeight, isTiled, blue) in new[]
        {
            (width, height, true, (byte)0),
            (1024, 1024 * height / width, false, (byte)0),
            (width / 4, height / 4, true, (byte)0),
            (width / 16, height / 16, true, (byte)0),
            (387, 463, false, byte.MaxValue),
            (1280, 431, false, byte.MaxValue),
        })
        {
            tiff.SetField(TiffTag.IMAGEWIDTH, pageWidth);
            tiff.SetField(TiffTag.IMAGELENGTH, pageHeight);
            tiff.SetField(TiffTag.SAMPLESPERPIXEL, 3);
            tiff.SetField(TiffTag.BITSPERSAMPLE, 8);
            tiff.SetField(TiffTag.PHOTOMETRIC, Photometric.RGB);
            tiff.SetField(TiffTag.PLANARCONFIG, PlanarConfig.CONTIG);
            tiff.SetField(TiffTag.COMPRESSION, compression);
            tiff.SetField(TiffTag.IMAGEDESCRIPTION, $"Aperio Image Library v11\r\n{width}x{height} [0,0 {width}x{height}] ({TileSide}x{TileSide})|AppMag = 40|MPP = 0.25");
            byte[] Pixels(int left, int top, int columns, int rows) =>
            [
                .. from y in Enumerable.Range(top, rows)
                   from x in Enumerable.Range(left, columns)
                   from colour in new[] { (byte)Slides.Red(x, pageWidth), (byte)Slides.Green(y, pageHeight), blue }
                   select colour
            ];
            if (isTiled)
            {
                tiff.SetField(TiffTag.TILEWIDTH, TileSide);
                tiff.SetField(TiffTag.TILELENGTH, TileSide);
                var tile = 0;
                for (var top = 0; top < pageHeight; top += TileSide)
                {
                    for (var left = 0; left < pageWidth; left += TileSide)
                    {
                        tiff.WriteEncodedTile(tile++, Pixels(left, top, TileSide, TileSide), TileSide * TileSide * 3);
                    }
                }
            }
            else
            {
                tiff.SetField(TiffTag.ROWSPERSTRIP, pageHeight);
                tiff.WriteEncodedStrip(0, Pixels(0, 0, pageWidth, pageHeight), pageWidth * pageHeight * 3);
            }

            tiff.SetField(TiffTag.PAGENUMBER, number++, 6);
            tiff.WriteDirectory();
        }
    }
}
