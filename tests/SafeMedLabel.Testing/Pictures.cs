using SkiaSharp;

namespace SafeMedLabel.Testing;

/// <summary>Small pictures drawn for a test, encoded by the libraries themselves.</summary>
public static class Pictures
{
    /// <summary>A gradient of its own for each seed: different seeds, different bytes.</summary>
    public static byte[] Png(int seed = 0, int width = 32, int height = 24) => Encode(SKEncodedImageFormat.Png, seed, width, height);

    public static byte[] Encode(SKEncodedImageFormat format, int seed = 0, int width = 32, int height = 24)
    {
        using var bitmap = Draw(seed, width, height);
        using var data = bitmap.Encode(format, 90);
        return data.ToArray();
    }

    /// <summary>The same picture once more, as a camera would store it.</summary>
    public static byte[] Jpeg(byte[] picture)
    {
        using var bitmap = SKBitmap.Decode(picture);
        using var data = bitmap.Encode(SKEncodedImageFormat.Jpeg, 80);
        return data.ToArray();
    }

    public static byte[] Tiff(int seed = 0, int width = 32, int height = 24, string options = "")
    {
        using var image = NetVips.Image.NewFromBuffer(Png(seed, width, height));
        return image.WriteToBuffer($".tif{options}");
    }

    private static SKBitmap Draw(int seed, int width, int height)
    {
        var bitmap = new SKBitmap(width, height, SKColorType.Rgba8888, SKAlphaType.Opaque);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                bitmap.SetPixel(x, y, new SKColor((byte)(x * 7), (byte)(y * 9), (byte)seed));
            }
        }

        return bitmap;
    }
}
