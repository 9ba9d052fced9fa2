namespace SafeMedLabel.Core.Statistics;

/// <summary>A two-sided 95 % interval of a rate, in [0, 1], or of a difference of two rates, in [−1, 1].</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end, not below <paramref name="Low"/>.</param>
public readonly record struct RateInterval(double Low, double High);
