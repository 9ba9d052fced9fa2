namespace SafeMedLabel.Application.Imaging;

/// <summary>Turns a picture upright by its EXIF orientation (tag 0x0112, 1 … 8).</summary>
internal static class Orientation
{
    private const int AsStored = 1;

    /// <summary>The same picture where the orientation is 1 or unknown, a turned or mirrored copy otherwise.</summary>
    public static DecodedImage Upright(DecodedImage image, int orientation)
    {
        if (orientation is <= AsStored or > 8)
        {
            return image;
        }

        var (width, height) = orientation >= 5 ? (image.Height, image.Width) : (image.Width, image.Height);
        var pixels = new byte[image.Rgb.Length];
        var (right, bottom) = (image.Width - 1, image.Height - 1);
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                var (fromX, fromY) = orientation switch
                {
                    2 => (right - x, y),
                    3 => (right - x, bottom - y),
                    4 => (x, bottom - y),
                    5 => (y, x),
                    6 => (y, bottom - x),
                    7 => (right - y, bottom - x),
                    _ => (right - y, x),
                };
                image.Rgb.AsSpan(3 * ((fromY * image.Width) + fromX), 3).CopyTo(pixels.AsSpan(3 * ((y * width) + x)));
            }
        }

        return new DecodedImage(width, height, pixels);
    }
}
