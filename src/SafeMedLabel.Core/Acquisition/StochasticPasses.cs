namespace SafeMedLabel.Core.Acquisition;

/// <summary>
/// The answers of T stochastic passes (MC-Dropout) over one image: row-major T×K probabilities. Entropies are in nats. Sums run in
/// double precision.
/// </summary>
public readonly ref struct StochasticPasses
{
    private const int StackClasses = 64;

    private readonly ReadOnlySpan<float> _probabilities;

    /// <summary>Looks at the passes without copying them.</summary>
    /// <param name="probabilities">Row-major T×K, each row a distribution.</param>
    /// <param name="passes">Number of passes T, at least 1.</param>
    /// <param name="classes">Number of classes K, at least 2.</param>
    /// <exception cref="ArgumentException">The span's length is not T·K, or T or K is too small.</exception>
    public StochasticPasses(ReadOnlySpan<float> probabilities, int passes, int classes)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(passes, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(classes, 2);
        if (probabilities.Length != (long)passes * classes)
        {
            throw new ArgumentException(
                $"{passes} passes of {classes} classes need {(long)passes * classes} probabilities, not {probabilities.Length}.",
                nameof(probabilities));
        }

        _probabilities = probabilities;
        Passes = passes;
        Classes = classes;
    }

    /// <summary>Number of passes T.</summary>
    public int Passes { get; }

    /// <summary>Number of classes K.</summary>
    public int Classes { get; }

    /// <summary>The probability of a class in a pass.</summary>
    /// <param name="pass">0 to T − 1.</param>
    /// <param name="classIndex">0 to K − 1.</param>
    public double Probability(int pass, int classIndex) => _probabilities[(pass * Classes) + classIndex];

    /// <summary>Writes the mean probability p̄ of each class.</summary>
    /// <param name="mean">K values to write to.</param>
    /// <exception cref="ArgumentException"><paramref name="mean"/> does not hold K values.</exception>
    public void Mean(Span<double> mean)
    {
        if (mean.Length != Classes)
        {
            throw new ArgumentException($"The mean of {Classes} classes needs {Classes} places, not {mean.Length}.", nameof(mean));
        }

        mean.Clear();
        for (var t = 0; t < Passes; t++)
        {
            for (var k = 0; k < Classes; k++)
            {
                mean[k] += Probability(t, k);
            }
        }

        for (var k = 0; k < Classes; k++)
        {
            mean[k] /= Passes;
        }
    }

    /// <summary>
    /// Uncertainty u = Σ_k Var_t(p_k), with the unbiased variance (÷ T − 1). In [0, T/(T−1)·Σ p̄(1−p̄)].
    /// </summary>
    /// <exception cref="InvalidOperationException">A single pass has no variance.</exception>
    public double Uncertainty()
    {
        if (Passes < 2)
        {
            throw new InvalidOperationException("The uncertainty is a variance over passes; it needs at least two of them.");
        }

        var mean = Classes <= StackClasses ? stackalloc double[Classes] : new double[Classes];
        Mean(mean);
        var squares = 0.0;
        for (var t = 0; t < Passes; t++)
        {
            for (var k = 0; k < Classes; k++)
            {
                var difference = Probability(t, k) - mean[k];
                squares += difference * difference;
            }
        }

        return squares / (Passes - 1);
    }

    /// <summary>Predictive entropy H(p̄), in [0, ln K].</summary>
    public double PredictiveEntropy()
    {
        var mean = Classes <= StackClasses ? stackalloc double[Classes] : new double[Classes];
        Mean(mean);
        var entropy = 0.0;
        foreach (var p in mean)
        {
            entropy += EntropyTerm(p);
        }

        return entropy;
    }

    /// <summary>
    /// BALD, the mutual information between answer and weights: H(p̄) − mean_t H(p_t) (Houlsby et al. 2011), in [0, H(p̄)]. High where
    /// the passes are each sure and contradict one another.
    /// </summary>
    public double Bald()
    {
        var expected = 0.0;
        foreach (var p in _probabilities)
        {
            expected += EntropyTerm(p);
        }

        // Never negative (Jensen), but for the rounding of passes that agree.
        return Math.Max(0, PredictiveEntropy() - (expected / Passes));
    }

    private static double EntropyTerm(double p) => p > 0 ? -p * Math.Log(p) : 0;
}

/// <summary>Hears of the passes over one image.</summary>
/// <param name="position">The image's position among those asked about, from 0.</param>
/// <param name="passes">Its passes, which last as long as the call.</param>
public delegate void PassesReader(int position, in StochasticPasses passes);
