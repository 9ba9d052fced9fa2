using System.Globalization;

namespace SafeMedLabel.Core.Splitting;

/// <summary>The share of the images that each split should get; training gets the rest.</summary>
/// <param name="Calibration">Share of the calibration set, in [0, 1).</param>
/// <param name="Validation">Share of the validation set, in [0, 1).</param>
/// <param name="Test">Share of the locked test set, in [0, 1).</param>
/// <exception cref="ArgumentException">A share is negative or not a number, or nothing is left for training.</exception>
public sealed record SplitFractions(double Calibration = 0.1, double Validation = 0.1, double Test = 0.2)
{
    /// <summary>Share of the calibration set.</summary>
    public double Calibration { get; } = Calibration;

    /// <summary>Share of the validation set.</summary>
    public double Validation { get; } = Validation;

    /// <summary>Share of the locked test set.</summary>
    public double Test { get; } = Test;

    /// <summary>Share that is left for training, above zero.</summary>
    public double Training { get; } = Rest(Calibration, Validation, Test);

    /// <summary>The share of a split.</summary>
    public double Of(DataSplit split) => split switch
    {
        DataSplit.Training => Training,
        DataSplit.Calibration => Calibration,
        DataSplit.Validation => Validation,
        DataSplit.Test => Test,
        _ => throw new ArgumentOutOfRangeException(nameof(split), split, "This is not a split."),
    };

    private static double Rest(double calibration, double validation, double test) =>
        calibration >= 0 && validation >= 0 && test >= 0 && calibration + validation + test < 1
            ? 1 - calibration - validation - test
            : throw new ArgumentException(string.Create(
                CultureInfo.InvariantCulture,
                $"The shares {calibration} (calibration), {validation} (validation) and {test} (test) must not be negative and must leave something for training."));
}
