namespace SafeMedLabel.Application.Imaging;

/// <summary>Pixels of an image.</summary>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Rgb">Height × width × 3, sRGB, 8 bits; transparency lies on black.</param>
public sealed record DecodedImage(int Width, int Height, byte[] Rgb);
