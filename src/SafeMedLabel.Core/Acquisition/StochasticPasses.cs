namespace SafeMedLabel.Core.Acquisition;

/// <summary>The class probabilities of one image under T stochastic (MC-Dropout) passes, and their statistics, in nats.</summary>
public readonly ref struct StochasticPasses
{
    private readonly ReadOnlySpan<float> _probabilities;

    /// <summary>Wraps <paramref name="probabilities"/>, row-major T × K.</summary>
    /// <exception cref="ArgumentException">The length is not <paramref name="passes"/> × <paramref name="classes"/>, or either is too small.</exception>
    public StochasticPasses(ReadOnlySpan<float> probabilities, int passes, int classes)
    {
        if (passes < 2 || classes < 2 || probabilities.Length != passes * classes)
        {
            throw new ArgumentException($"Expected at least 2 passes of at least 2 classes in {passes} × {classes} values, not {probabilities.Length}.", nameof(probabilities));
        }

        _probabilities = probabilities;
        Passes = passes;
        Classes = classes;
    }

    /// <summary>T.</summary>
    public int Passes { get; }

    /// <summary>K.</summary>
    public int Classes { get; }

    /// <summary>Mean probability p̄ of a class.</summary>
    public double Mean(int classIndex)
    {
        var sum = 0.0;
        for (var t = 0; t < Passes; t++)
        {
            sum += _probabilities[(t * Classes) + classIndex];
        }

        return sum / Passes;
    }

    /// <summary>The class with the highest p̄ (the first of equals) and that p̄.</summary>
    public (int Class, double Confidence) Prediction()
    {
        var best = (Class: 0, Confidence: Mean(0));
        for (var k = 1; k < Classes; k++)
        {
            var mean = Mean(k);
            if (mean > best.Confidence)
            {
                best = (k, mean);
            }
        }

        return best;
    }

    /// <summary>The paper's uncertainty u = Σ_classes Var_T with T − 1 in the denominator.</summary>
    public double Uncertainty()
    {
        var total = 0.0;
        for (var k = 0; k < Classes; k++)
        {
            var mean = Mean(k);
            for (var t = 0; t < Passes; t++)
            {
                var deviation = _probabilities[(t * Classes) + k] - mean;
                total += deviation * deviation;
            }
        }

        return total / (Passes - 1);
    }

    /// <summary>Entropy of the mean, H(p̄).</summary>
    public double PredictiveEntropy()
    {
        var entropy = 0.0;
        for (var k = 0; k < Classes; k++)
        {
            entropy -= PLogP(Mean(k));
        }

        return entropy;
    }

    /// <summary>H(p̄) − mean_t H(p_t): what the passes disagree about, without the noise they agree on.</summary>
    public double Bald()
    {
        var expected = 0.0;
        foreach (var p in _probabilities)
        {
            expected -= PLogP(p);
        }

        return PredictiveEntropy() - (expected / Passes);
    }

    /// <summary>Gap between the two highest p̄.</summary>
    public double Margin()
    {
        var (first, second) = (double.NegativeInfinity, double.NegativeInfinity);
        for (var k = 0; k < Classes; k++)
        {
            var mean = Mean(k);
            (first, second) = mean > first ? (mean, first) : (first, Math.Max(second, mean));
        }

        return first - second;
    }

    private static double PLogP(double p) => p > 0 ? p * Math.Log(p) : 0;
}
