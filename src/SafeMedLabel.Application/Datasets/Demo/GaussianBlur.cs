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
        for (var i = 0; i < kernel.Length; i++)
        {
            kernel[i] /= sum;
        }

        // Each pass blurs along the rows and writes columns: two of them blur both ways and put rows and columns back.
        return AlongRows(AlongRows(picture, width, height, kernel), height, width, kernel);
    }

    private static Rgb[] AlongRows(Rgb[] picture, int width, int height, float[] kernel)
    {
        var reach = kernel.Length / 2;
        var turned = new Rgb[picture.Length];
        for (var y = 0; y < height; y++)
        {
            var row = picture.AsSpan(y * width, width);
            for (var x = 0; x < width; x++)
            {
                var (r, g, b) = (0f, 0f, 0f);
                for (var i = 0; i < kernel.Length; i++)
                {
                    ref readonly var colour = ref row[Math.Clamp(x + i - reach, 0, width - 1)];
                    r += kernel[i] * colour.R;
                    g += kernel[i] * colour.G;
                    b += kernel[i] * colour.B;
                }

                turned[(x * height) + y] = new Rgb(r, g, b);
            }
        }

        return turned;
    }
}
