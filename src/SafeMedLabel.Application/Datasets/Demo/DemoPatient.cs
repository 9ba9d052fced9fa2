using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>A synthetic patient: one slide with its own stain, illumination and focus, which all of its cells share.</summary>
internal sealed record DemoPatient
{
    /// <summary>One patient in so many has no parasite at all. No divisor of the stains' number: else health would show in the hue.</summary>
    private const int UninfectedEvery = 5;

    /// <summary>The hues that Giemsa's stain takes with acidity, age and camera: cell, and absorption of what is stained by azure.</summary>
    private static readonly (Rgb Cell, Rgb Azure)[] Stains =
    [
        (Rgb.FromBytes(223, 152, 143), new Rgb(0.50f, 1.75f, 0.72f)),
        (Rgb.FromBytes(150, 152, 190), new Rgb(0.50f, 1.05f, 0.20f)),
        (Rgb.FromBytes(214, 138, 158), new Rgb(0.42f, 1.60f, 0.50f)),
        (Rgb.FromBytes(188, 180, 194), new Rgb(0.62f, 1.20f, 0.30f)),
        (Rgb.FromBytes(190, 142, 134), new Rgb(0.52f, 1.55f, 0.62f)),
        (Rgb.FromBytes(132, 106, 176), new Rgb(0.46f, 0.98f, 0.22f)),
    ];

    private DemoPatient(int number, SeededRandom random)
    {
        var (cell, azure) = Stains[number % Stains.Length];
        Prefix = $"C{100 + number}P{60 + number}";
        InfectedShare = number % UninfectedEvery == 3 ? 0 : Between(random, 0.45, 0.8);
        Cell = cell * new Rgb((float)Between(random, 0.93, 1.05), (float)Between(random, 0.93, 1.05), (float)Between(random, 0.93, 1.05));
        Azure = azure * (float)Between(random, 0.85, 1.2);
        Pallor = (float)(random.NextInt(3) == 0 ? Between(random, 0.35, 0.6) : Between(random, 0, 0.2));
        Halo = (float)(random.NextInt(3) == 0 ? Between(random, 0.25, 0.6) : 0);
        Focus = (float)Between(random, 0.5, 1.2);
        Specks = random.NextInt(3) == 0 ? 5 : 1;
        Gradient = (float)Between(random, 0, 0.08);
        LightFrom = (float)Between(random, 0, Math.Tau);
        Raggedness = (float)Between(random, 0.3, 0.9);
    }

    /// <summary>Begins the names of the patient's files.</summary>
    public string Prefix { get; }

    /// <summary>Share of the patient's cells that hold a parasite; zero for a healthy patient.</summary>
    public double InfectedShare { get; }

    /// <summary>Colour of a cell.</summary>
    public Rgb Cell { get; }

    /// <summary>Absorption of azure-stained matter (chromatin, cytoplasm of a parasite, platelets) per unit of density.</summary>
    public Rgb Azure { get; }

    /// <summary>How much paler a cell is in its middle, 0 to 1.</summary>
    public float Pallor { get; }

    /// <summary>Strength of the bright seam that refraction draws along the margin, 0 to 1.</summary>
    public float Halo { get; }

    /// <summary>Blur of the slide in pixels (standard deviation).</summary>
    public float Focus { get; }

    /// <summary>At most so many faint specks lie on each cell.</summary>
    public int Specks { get; }

    /// <summary>Fall of the illumination across a cell, as a share.</summary>
    public float Gradient { get; }

    /// <summary>Direction that the light is brightest in, in radians.</summary>
    public float LightFrom { get; }

    /// <summary>Roughness of the outline in pixels (about the standard deviation).</summary>
    public float Raggedness { get; }

    /// <summary>Patient <paramref name="number"/>, from zero, of the demo set of this random stream.</summary>
    public static DemoPatient Draw(int number, SeededRandom random) => new(number, random.Split($"patient {number}"));

    /// <summary>Whether the patient's cell <paramref name="index"/>, from zero, holds a parasite: evenly spread, the first one does.</summary>
    public bool IsInfected(int index) => Math.Ceiling((index + 1) * InfectedShare) > Math.Ceiling(index * InfectedShare);

    private static double Between(SeededRandom random, double low, double high) => low + ((high - low) * random.NextDouble());
}
