using System.Globalization;

namespace SafeMedLabel.Core.Evaluation;

/// <summary>What a model said of n images whose class is known: n labels and an n×K matrix of probabilities. Immutable.</summary>
public sealed class PredictionSet
{
    private const double SumTolerance = 1e-3;

    private readonly int[] _labels;
    private readonly double[] _probabilities;
    private readonly int[] _predicted;

    /// <summary>Checks and copies the predictions.</summary>
    /// <param name="classes">Number of classes K, at least 2.</param>
    /// <param name="labels">True class of each image, in [0, K).</param>
    /// <param name="probabilities">Row-major n×K; each row in [0, 1] and summing to 1 within 0.001.</param>
    /// <exception cref="ArgumentException">A length, a label or a probability breaks these rules; the message says which.</exception>
    public PredictionSet(int classes, IReadOnlyList<int> labels, ReadOnlyMemory<double> probabilities)
    {
        ArgumentNullException.ThrowIfNull(labels);
        if (classes < 2)
        {
            throw new ArgumentException($"A prediction needs at least two classes, not {classes}.", nameof(classes));
        }

        if (probabilities.Length != (long)labels.Count * classes)
        {
            throw new ArgumentException(
                $"{labels.Count} labels and {classes} classes need {(long)labels.Count * classes} probabilities, not {probabilities.Length}.",
                nameof(probabilities));
        }

        Classes = classes;
        _labels = [.. labels];
        _probabilities = probabilities.ToArray();
        _predicted = new int[_labels.Length];
        for (var i = 0; i < _labels.Length; i++)
        {
            if (_labels[i] < 0 || _labels[i] >= classes)
            {
                throw new ArgumentException($"The label {_labels[i]} of image {i} is not one of the {classes} classes.", nameof(labels));
            }

            if (Fault(i) is { } fault)
            {
                throw new ArgumentException(fault, nameof(probabilities));
            }

            _predicted[i] = IndexOfMaximum(Probabilities(i));
        }
    }

    /// <summary>Number of images n.</summary>
    public int Count => _labels.Length;

    /// <summary>Number of classes K.</summary>
    public int Classes { get; }

    /// <summary>True class of image <paramref name="i"/>.</summary>
    public int Label(int i) => _labels[i];

    /// <summary>The K probabilities of image <paramref name="i"/>.</summary>
    public ReadOnlySpan<double> Probabilities(int i) => _probabilities.AsSpan(i * Classes, Classes);

    /// <summary>Most probable class of image <paramref name="i"/>; the first of several equal ones.</summary>
    public int Predicted(int i) => _predicted[i];

    /// <summary>Greatest probability of image <paramref name="i"/>, in [1/K, 1].</summary>
    public double Confidence(int i) => _probabilities[(i * Classes) + _predicted[i]];

    /// <summary>Whether the predicted class of image <paramref name="i"/> is the true one.</summary>
    public bool IsCorrect(int i) => _predicted[i] == _labels[i];

    /// <summary>
    /// Whether image <paramref name="i"/> is predicted with a confidence above <paramref name="threshold"/>. Compared in single
    /// precision, in which networks answer: a network's 0.8, widened to double, would lie above a threshold of 0.8.
    /// </summary>
    public bool IsCovered(int i, double threshold) => (float)Confidence(i) > (float)threshold;

    /// <summary>Whether prediction <paramref name="i"/> is wrong and nobody would know: it is surer than <paramref name="threshold"/>.</summary>
    public bool IsSilentFailure(int i, double threshold) => !IsCorrect(i) && IsCovered(i, threshold);

    private static int IndexOfMaximum(ReadOnlySpan<double> values)
    {
        var best = 0;
        for (var k = 1; k < values.Length; k++)
        {
            if (values[k] > values[best])
            {
                best = k;
            }
        }

        return best;
    }

    /// <summary>What keeps the row from being a distribution, in a sentence; null where nothing does.</summary>
    private string? Fault(int i)
    {
        var sum = 0.0;
        foreach (var p in Probabilities(i))
        {
            if (p is not (>= 0 and <= 1))
            {
                return string.Create(CultureInfo.InvariantCulture, $"Image {i} has the probability {p}, which is not between 0 and 1.");
            }

            sum += p;
        }

        return Math.Abs(sum - 1) > SumTolerance
            ? string.Create(CultureInfo.InvariantCulture, $"The probabilities of image {i} sum to {sum} rather than 1.")
            : null;
    }
}
