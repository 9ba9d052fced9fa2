namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>Blur of a picture that is out of focus; outside its border the picture goes on with its last pixel.</summary>
internal static class GaussianBlur
{
    /// <param name="picture">Row by row, width × height.</param>
    /// <param name="width">Pixels a row.</param>
    /// <param name="height">Rows.</param>
    /// <param name="deviation">Standard deviation in pixels, above zero.</param>
    public static Rgb[] Apply(Rgb[] picture, int width, int height, float deviation)
    {
        var reach = (int)MathF.Ceiling(3 * deviation);
        var kernel = new float[(2 * reach) + 1];
        for (var i = -reach; i <= reach; i++)
        {
            kernel[i + reach] = MathF.Exp(-i * i / (2 * deviation * deviation));
        }

        var sum = kernel.Sum();
        var across = new Rgb[picture.Length];
        var result = new Rgb[picture.Length];
        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                across[(y * width) + x] = Mean(i => picture[(y * width) + Math.Clamp(x + i, 0, width - 1)]);
            }
        }

        for (var y = 0; y < height; y++)
        {
            for (var x = 0; x < width; x++)
            {
                result[(y * width) + x] = Mean(i => across[(Math.Clamp(y + i, 0, height - 1) * width) + x]);
            }
        }

        return result;

        Rgb Mean(Func<int, Rgb> pixel)
        {
            var (r, g, b) = (0f, 0f, 0f);
            for (var i = -reach; i <= reach; i++)
            {
                var colour = pixel(i);
                var weight = kernel[i + reach] / sum;
                r += weight * colour.R;
                g += weight * colour.G;
                b += weight * colour.B;
            }

            return new Rgb(r, g, b);
        }
    }
}
