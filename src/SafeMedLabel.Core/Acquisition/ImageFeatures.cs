namespace SafeMedLabel.Core.Acquisition;

/// <summary>What a backbone sees in an image, as it is kept in a file: numbers of half precision, one image after the other.</summary>
public static class ImageFeatures
{
    /// <summary>Numbers an image: the width of the backbone's last layer.</summary>
    public const int Length = 512;

    /// <summary>Bytes an image.</summary>
    public const int Bytes = 2 * Length;
}
