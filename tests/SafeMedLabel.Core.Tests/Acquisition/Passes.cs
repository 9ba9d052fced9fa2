using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests.Acquisition;

/// <summary>Stochastic passes to test on, row-major T×K.</summary>
internal static class Passes
{
    /// <summary>Two classes, from the probability of class 1 in each pass.</summary>
    public static float[] Binary(params float[] positive) => [.. positive.SelectMany(p => new[] { 1 - p, p })];

    /// <summary>Random passes: anything from near agreement to flat contradiction, with exact zeros and ones among them.</summary>
    public static float[] Random(ulong seed, int passes, int classes)
    {
        var random = new SeededRandom(seed, "passes");
        var sharpness = Math.Pow(10, (2 * random.NextDouble()) - 0.5);
        var centre = Enumerable.Range(0, classes).Select(_ => sharpness * random.NextGaussian()).ToArray();
        var spread = sharpness * random.NextDouble();
        var result = new float[passes * classes];
        for (var t = 0; t < passes; t++)
        {
            var exponentials = centre.Select(c => Math.Exp(c + (spread * random.NextGaussian()))).ToArray();
            for (var k = 0; k < classes; k++)
            {
                result[(t * classes) + k] = (float)(exponentials[k] / exponentials.Sum());
            }
        }

        return result;
    }
}
