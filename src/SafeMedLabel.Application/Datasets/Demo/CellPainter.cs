using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Core.Statistics;
using SkiaSharp;

namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>
/// Paints one cell as a microscope would show it: light through a stained disc and what lies in it, the focus of the slide, the
/// illumination, the camera's noise; then cut out on pure black, as segmented cells are.
/// </summary>
internal static class CellPainter
{
    private static readonly Rgb PaleLight = Rgb.FromBytes(240, 224, 208);
    private static readonly Rgb SeamLight = Rgb.FromBytes(228, 220, 196);
    private static readonly Rgb PrecipitateAbsorption = new(1.25f, 1.55f, 0.75f);

    /// <summary>Paints a cell and encodes it as PNG.</summary>
    /// <param name="patient">Whose slide it is on.</param>
    /// <param name="kind">What is in it.</param>
    /// <param name="infected">Whether it holds a parasite; decides only where the kind leaves it open.</param>
    /// <param name="random">The cell's own stream.</param>
    public static byte[] Paint(DemoPatient patient, DemoKind kind, bool infected, SeededRandom random)
    {
        var shape = new CellShape(random.Split("shape"), patient.Raggedness);
        var layer = Fill(new StainLayer(shape, random.Split("stain")), patient, kind, infected, random.Split("content"));
        var light = Light(patient, shape, layer, random.Split("cell"));
        var blur = kind == DemoKind.Blurred ? 2.8f + (2.6f * (float)random.Split("focus").NextDouble()) : patient.Focus;
        var seen = GaussianBlur.Apply(light, shape.Width, shape.Height, blur);
        return Encode(patient, shape, seen, random.Split("camera"));
    }

    private static StainLayer Fill(StainLayer layer, DemoPatient patient, DemoKind kind, bool infected, SeededRandom random)
    {
        switch (kind)
        {
            case DemoKind.Ring:
            case DemoKind.Blurred when infected:
                layer.AddParasite(1);
                break;
            case DemoKind.MultipleRings:
                for (var left = 2 + random.NextInt(2); left > 0; left--)
                {
                    layer.AddRing(1);
                }

                break;
            case DemoKind.FaintRing:
                layer.AddRing(0.09f + (0.2f * (float)random.NextDouble()));
                break;
            case DemoKind.Platelet:
                layer.AddPlatelet();
                break;
            case DemoKind.Precipitate:
                layer.AddPrecipitate();
                break;
        }

        for (var left = random.NextInt(patient.Specks + 1); left > 0; left--)
        {
            layer.AddSpeck();
        }

        return layer;
    }

    private static Rgb[] Light(DemoPatient patient, CellShape shape, StainLayer layer, SeededRandom random)
    {
        // Cells of one slide differ in thickness: more than what a parasite takes from the mean colour.
        var thickness = 1 + (0.10f * (float)random.NextGaussian());
        var cell = new Rgb(
            MathF.Pow(patient.Cell.R, thickness), MathF.Pow(patient.Cell.G, thickness), MathF.Pow(patient.Cell.B, thickness));
        var pallor = patient.Pallor * (0.6f + (0.8f * (float)random.NextDouble()));
        var pallorWidth = 0.25f + (0.3f * (float)random.NextDouble());
        var mottle = new SmoothNoise(random.Split("mottle"), 16);
        var texture = new SmoothNoise(random.Split("texture"), 3.5f);
        var light = new Rgb[shape.Width * shape.Height];
        for (var y = 0; y < shape.Height; y++)
        {
            for (var x = 0; x < shape.Width; x++)
            {
                var index = (y * shape.Width) + x;
                var rim = MathF.Min(1, shape.Rim(x, y));
                var colour = cell
                    .Towards(PaleLight, pallor * MathF.Exp(-MathF.Pow(rim / pallorWidth, 2)))
                    .Towards(cell * 0.82f, 0.5f * MathF.Pow(rim, 6))
                    .Towards(SeamLight, patient.Halo * Math.Clamp((rim - 0.9f) * 10, 0, 1));
                colour *= 1 + (0.018f * mottle.At(x, y)) + (0.012f * texture.At(x, y));
                light[index] = colour
                    .Towards(PaleLight, layer.Pale[index])
                    .Through(patient.Azure, layer.Azure[index])
                    .Through(PrecipitateAbsorption, layer.Precipitate[index]);
            }
        }

        return light;
    }

    private static byte[] Encode(DemoPatient patient, CellShape shape, Rgb[] seen, SeededRandom random)
    {
        var pixels = new byte[shape.Width * shape.Height * 4];
        var (lightX, lightY) = (MathF.Cos(patient.LightFrom), MathF.Sin(patient.LightFrom));
        for (var y = 0; y < shape.Height; y++)
        {
            for (var x = 0; x < shape.Width; x++)
            {
                var index = (y * shape.Width) + x;
                var towardsLight = (((x - shape.CentreX) * lightX) + ((y - shape.CentreY) * lightY)) / shape.Width;
                var factor = shape.Coverage(x, y) * (1 + (patient.Gradient * towardsLight)) * (1 + (0.008f * (float)random.NextGaussian()));
                var colour = seen[index] * factor;
                pixels[4 * index] = Level(colour.R);
                pixels[(4 * index) + 1] = Level(colour.G);
                pixels[(4 * index) + 2] = Level(colour.B);
                pixels[(4 * index) + 3] = byte.MaxValue;
            }
        }

        return PngEncoder.Encode(shape.Width, shape.Height, SKAlphaType.Opaque, pixels);
    }

    private static byte Level(float light) => (byte)Math.Clamp((light * byte.MaxValue) + 0.5f, 0, byte.MaxValue);
}
