using NetVips;

namespace SafeMedLabel.Testing;

/// <summary>Pictures too large to be held as a whole, whose colours tell where one is: red from left to right, green from top to bottom.</summary>
public static class Slides
{
    /// <summary>In tiles, with smaller copies of itself, as one is written for the web.</summary>
    public const string Pyramid = "[tile,pyramid,compression=deflate,bigtiff]";

    /// <summary>Draws one.</summary>
    /// <param name="path">The file; its folder is made.</param>
    /// <param name="width">Pixels.</param>
    /// <param name="height">Pixels.</param>
    /// <param name="options">How libvips is to write it.</param>
    /// <param name="blue">Tells it from others.</param>
    public static void Write(string path, int width, int height, string options = Pyramid, int blue = 0)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var places = Image.Xyz(width, height);
        using var scaled = places.Linear([255.0 / width, 255.0 / height], [0.0, 0.0]);
        using var coloured = scaled.Bandjoin(blue);
        using var bytes = coloured.Cast(Enums.BandFormat.Uchar);
        using var slide = bytes.Copy(interpretation: Enums.Interpretation.Srgb);
        slide.WriteToFile(path + options);
    }

    /// <summary>The red of a column.</summary>
    public static int Red(double x, int width) => (int)(255 * x / width);

    /// <summary>The green of a row.</summary>
    public static int Green(double y, int height) => (int)(255 * y / height);
}
