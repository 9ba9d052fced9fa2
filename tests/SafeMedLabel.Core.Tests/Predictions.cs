using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Tests;

/// <summary>Prediction sets to test on.</summary>
internal static class Predictions
{
    /// <summary>Two classes; each row is (true class, probability of class 1).</summary>
    public static PredictionSet Binary(params (int Label, double Positive)[] rows) => new(
        2, [.. rows.Select(row => row.Label)], rows.SelectMany(row => new[] { 1 - row.Positive, row.Positive }).ToArray());

    /// <summary>A random set, right more often than not, with some equal probabilities.</summary>
    public static PredictionSet Random(ulong seed, int count, int classes)
    {
        var random = new SeededRandom(seed, "predictions");
        var labels = new int[count];
        var probabilities = new double[count * classes];
        for (var i = 0; i < count; i++)
        {
            labels[i] = random.NextInt(classes);
            var row = probabilities.AsSpan(i * classes, classes);
            for (var k = 0; k < classes; k++)
            {
                row[k] = 1 + random.NextInt(8) + (k == labels[i] ? random.NextInt(20) : 0);
            }

            var sum = 0.0;
            foreach (var value in row)
            {
                sum += value;
            }

            for (var k = 0; k < classes; k++)
            {
                row[k] /= sum;
            }
        }

        return new PredictionSet(classes, labels, probabilities);
    }
}
