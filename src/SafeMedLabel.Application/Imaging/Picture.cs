namespace SafeMedLabel.Application.Imaging;

/// <summary>A file's picture as all but its tiles are made from it.</summary>
/// <param name="Width">Pixels of the picture in the file.</param>
/// <param name="Height">Pixels of the picture in the file.</param>
/// <param name="Pixels">All of them; of a slide, which is too large for that, the whole in small.</param>
public sealed record Picture(int Width, int Height, DecodedImage Pixels);
