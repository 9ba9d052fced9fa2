namespace SafeMedLabel.Application.Predictions;

/// <summary>What a model says of an image.</summary>
/// <param name="Classes">Its classes.</param>
/// <param name="Probabilities">Of each, without dropout; they add up to 1.</param>
/// <param name="Uncertainty">Variance of the MC-Dropout passes, 0 upwards.</param>
public sealed record ModelReading(IReadOnlyList<string> Classes, IReadOnlyList<double> Probabilities, double Uncertainty);
