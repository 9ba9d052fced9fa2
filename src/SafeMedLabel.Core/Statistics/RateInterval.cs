namespace SafeMedLabel.Core.Statistics;

/// <summary>A 95 % interval of a rate.</summary>
/// <param name="Low">Lower end, 0 to 1.</param>
/// <param name="High">Upper end, 0 to 1.</param>
public readonly record struct RateInterval(double Low, double High);
