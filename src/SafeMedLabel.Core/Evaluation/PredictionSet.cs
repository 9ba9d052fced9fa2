namespace SafeMedLabel.Core.Evaluation;

/// <summary>True classes and predicted probabilities of n images.</summary>
public sealed class PredictionSet
{
    private readonly int[] _labels;
    private readonly ReadOnlyMemory<double> _probabilities;

    /// <summary>Checks and wraps. <paramref name="probabilities"/> is row-major n × <paramref name="classes"/>.</summary>
    /// <exception cref="ArgumentException">Lengths disagree, a label is out of range, or a row is no distribution.</exception>
    public PredictionSet(int classes, IReadOnlyList<int> labels, ReadOnlyMemory<double> probabilities)
    {
        if (classes < 2)
        {
            throw new ArgumentException("There are at least two classes.", nameof(classes));
        }

        if (probabilities.Length != labels.Count * classes)
        {
            throw new ArgumentException($"Expected {labels.Count} × {classes} probabilities, not {probabilities.Length}.", nameof(probabilities));
        }

        if (labels.Any(label => label < 0 || label >= classes))
        {
            throw new ArgumentException($"A label lies outside 0 … {classes - 1}.", nameof(labels));
        }

        Classes = classes;
        _labels = [.. labels];
        _probabilities = probabilities;
        for (var i = 0; i < Count; i++)
        {
            var sum = 0.0;
            foreach (var p in Probabilities(i))
            {
                if (p is not (>= 0 and <= 1.0001))
                {
                    throw new ArgumentException($"Row {i} holds {p}, which is no probability.", nameof(probabilities));
                }

                sum += p;
            }

            if (Math.Abs(sum - 1) > 1e-3)
            {
                throw new ArgumentException($"Row {i} sums to {sum}, not 1.", nameof(probabilities));
            }
        }
    }

    /// <summary>n.</summary>
    public int Count => _labels.Length;

    /// <summary>K.</summary>
    public int Classes { get; }

    /// <summary>True class of image <paramref name="i"/>.</summary>
    public int Label(int i) => _labels[i];

    /// <summary>Its K probabilities.</summary>
    public ReadOnlySpan<double> Probabilities(int i) => _probabilities.Span.Slice(i * Classes, Classes);

    /// <summary>Its likeliest class; the first of equals.</summary>
    public int Predicted(int i)
    {
        var row = Probabilities(i);
        var best = 0;
        for (var k = 1; k < row.Length; k++)
        {
            if (row[k] > row[best])
            {
                best = k;
            }
        }

        return best;
    }

    /// <summary>Its highest probability.</summary>
    public double Confidence(int i) => Probabilities(i)[Predicted(i)];

    /// <summary>True when the likeliest class is the true one.</summary>
    public bool IsCorrect(int i) => Predicted(i) == Label(i);
}
