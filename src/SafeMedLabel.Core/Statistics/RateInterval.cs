namespace SafeMedLabel.Core.Statistics;

/// <summary>A two-sided 95 % interval of a rate.</summary>
/// <param name="Low">Lower end, in [0, 1].</param>
/// <param name="High">Upper end, in [0, 1], not below <paramref name="Low"/>.</param>
public readonly record struct RateInterval(double Low, double High);
