namespace SafeMedLabel.Core.Evaluation;

/// <summary>
/// Temperature scaling (Guo et al. 2017): probabilities become softmax(z ÷ T), by which their order within an image stays and their
/// level changes. One number, fitted on images that were not trained on.
/// </summary>
public static class TemperatureScaling
{
    /// <summary>The lowest and the highest temperature; beyond them a handful of images would decide.</summary>
    public const double Lowest = 0.05;

    /// <inheritdoc cref="Lowest"/>
    public const double Highest = 20;

    private const double SmallestProbability = 1e-30;
    private const int Steps = 60;

    /// <summary>
    /// The temperature of the lowest mean cross-entropy, by golden-section search over 1 ÷ T, in which it is convex; 1 for an empty set.
    /// </summary>
    public static double Fit(PredictionSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        if (set.Count == 0)
        {
            return 1;
        }

        var golden = (Math.Sqrt(5) - 1) / 2;
        var (low, high) = (1 / Highest, 1 / Lowest);
        var (left, right) = (high - (golden * (high - low)), low + (golden * (high - low)));
        var (atLeft, atRight) = (CrossEntropy(set, left), CrossEntropy(set, right));
        for (var step = 0; step < Steps; step++)
        {
            if (atLeft <= atRight)
            {
                (high, right, atRight) = (right, left, atLeft);
                left = high - (golden * (high - low));
                atLeft = CrossEntropy(set, left);
            }
            else
            {
                (low, left, atLeft) = (left, right, atRight);
                right = low + (golden * (high - low));
                atRight = CrossEntropy(set, right);
            }
        }

        return 2 / (low + high);
    }

    /// <summary>The set with its probabilities at a temperature above 0.</summary>
    public static PredictionSet Apply(PredictionSet set, double temperature)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(temperature);
        var scaled = new double[set.Count * set.Classes];
        for (var i = 0; i < set.Count; i++)
        {
            var row = scaled.AsSpan(i * set.Classes, set.Classes);
            var greatest = Scaled(set.Confidence(i), 1 / temperature);
            var total = 0.0;
            for (var k = 0; k < row.Length; k++)
            {
                row[k] = Math.Exp(Scaled(set.Probabilities(i)[k], 1 / temperature) - greatest);
                total += row[k];
            }

            for (var k = 0; k < row.Length; k++)
            {
                row[k] /= total;
            }
        }

        return new PredictionSet(set.Classes, [.. Enumerable.Range(0, set.Count).Select(set.Label)], scaled);
    }

    /// <summary>Mean of −ln p(true class) after scaling by 1 ÷ T = <paramref name="inverse"/>.</summary>
    private static double CrossEntropy(PredictionSet set, double inverse)
    {
        var sum = 0.0;
        for (var i = 0; i < set.Count; i++)
        {
            var probabilities = set.Probabilities(i);
            var greatest = Scaled(set.Confidence(i), inverse);
            var total = 0.0;
            foreach (var p in probabilities)
            {
                total += Math.Exp(Scaled(p, inverse) - greatest);
            }

            sum += Math.Log(total) + greatest - Scaled(probabilities[set.Label(i)], inverse);
        }

        return sum / set.Count;
    }

    private static double Scaled(double probability, double inverse) => Math.Log(Math.Max(probability, SmallestProbability)) * inverse;
}
