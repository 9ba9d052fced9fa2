namespace SafeMedLabel.Core.Evaluation;

/// <summary>
/// Measures of a set of which each image counts as often as its weight says. What a bootstrap asks thousands of times of the same images is
/// sorted once.
/// </summary>
internal sealed class WeightedMetrics
{
    private readonly PredictionSet _set;
    private readonly int _bins;
    private readonly Lazy<int[]> _bySurest;
    private readonly Lazy<int[][]> _byScore;
    private readonly Lazy<(int Bin, double Gap)[]> _calibration;

    /// <summary>Measures a set.</summary>
    /// <param name="set">Predictions.</param>
    /// <param name="bins">Of the confidence, for the calibration error.</param>
    public WeightedMetrics(PredictionSet set, int bins = Metrics.CalibrationBins)
    {
        (_set, _bins) = (set, bins);
        // Equal confidences stay in their given order.
        _bySurest = new Lazy<int[]>(() => [.. Enumerable.Range(0, set.Count).OrderByDescending(set.Confidence)]);
        _byScore = new Lazy<int[][]>(() => [.. Enumerable.Range(0, set.Classes).Select(k => Enumerable.Range(0, set.Count).OrderBy(i => set.Probabilities(i)[k]).ToArray())]);
        _calibration = new Lazy<(int Bin, double Gap)[]>(
            () => [.. Enumerable.Range(0, set.Count).Select(i => (ConfidenceBin.Of(set.Confidence(i), bins), (set.IsCorrect(i) ? 1 : 0) - set.Confidence(i)))]);
    }

    /// <summary>As <see cref="Metrics.Auc"/>.</summary>
    public double? Auc(ReadOnlySpan<int> weights)
    {
        var ofClass = new long[_set.Classes];
        for (var i = 0; i < weights.Length; i++)
        {
            ofClass[_set.Label(i)] += weights[i];
        }

        var present = ofClass.Count(n => n > 0);
        if (present < 2)
        {
            return null;
        }

        if (_set.Classes == 2)
        {
            return OneVersusRest(1, weights);
        }

        var sum = 0.0;
        for (var k = 0; k < _set.Classes; k++)
        {
            sum += ofClass[k] > 0 ? OneVersusRest(k, weights) : 0;
        }

        return sum / present;
    }

    /// <summary>As <see cref="Metrics.AreaUnderRiskCoverage"/>; an image that counts several times follows itself.</summary>
    public double AreaUnderRiskCoverage(ReadOnlySpan<int> weights)
    {
        var (wrong, covered, area) = (0L, 0L, 0.0);
        foreach (var i in _bySurest.Value)
        {
            for (var copy = 0; copy < weights[i]; copy++)
            {
                wrong += _set.IsCorrect(i) ? 0 : 1;
                covered++;
                area += (double)wrong / covered;
            }
        }

        return area / covered;
    }

    /// <summary>As <see cref="Metrics.ExpectedCalibrationError"/>.</summary>
    public double ExpectedCalibrationError(ReadOnlySpan<int> weights)
    {
        var gaps = new double[_bins];
        var count = 0L;
        for (var i = 0; i < weights.Length; i++)
        {
            var (bin, gap) = _calibration.Value[i];
            gaps[bin] += weights[i] * gap;
            count += weights[i];
        }

        return gaps.Sum(Math.Abs) / count;
    }

    /// <summary>The chance that a positive scores above a negative, ties counting half.</summary>
    private double OneVersusRest(int positive, ReadOnlySpan<int> weights)
    {
        var order = _byScore.Value[positive];
        var (positives, negatives, above) = (0L, 0L, 0.0);
        for (var start = 0; start < order.Length;)
        {
            var (tiedPositives, tiedNegatives, end) = (0L, 0L, start);
            while (end < order.Length && Score(order[end], positive) == Score(order[start], positive))
            {
                if (_set.Label(order[end]) == positive)
                {
                    tiedPositives += weights[order[end]];
                }
                else
                {
                    tiedNegatives += weights[order[end]];
                }

                end++;
            }

            above += tiedPositives * (negatives + (tiedNegatives / 2.0));
            positives += tiedPositives;
            negatives += tiedNegatives;
            start = end;
        }

        return above / ((double)positives * negatives);
    }

    private double Score(int i, int positive) => _set.Probabilities(i)[positive];
}
