namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>A colour, or a factor for each channel; 1 is full light.</summary>
internal readonly record struct Rgb(float R, float G, float B)
{
    public static Rgb FromBytes(byte r, byte g, byte b) => new(r / 255f, g / 255f, b / 255f);

    public static Rgb operator *(Rgb a, Rgb b) => new(a.R * b.R, a.G * b.G, a.B * b.B);

    public static Rgb operator *(Rgb a, float factor) => new(a.R * factor, a.G * factor, a.B * factor);

    /// <summary>The way from this colour to another; 0 is this one, 1 the other.</summary>
    public Rgb Towards(Rgb other, float share) =>
        new(R + ((other.R - R) * share), G + ((other.G - G) * share), B + ((other.B - B) * share));

    /// <summary>This light after a stain of the given optical density (Beer and Lambert): each channel × e^(−density·absorption).</summary>
    public Rgb Through(Rgb absorption, float density) => this * new Rgb(
        MathF.Exp(-density * absorption.R), MathF.Exp(-density * absorption.G), MathF.Exp(-density * absorption.B));
}
