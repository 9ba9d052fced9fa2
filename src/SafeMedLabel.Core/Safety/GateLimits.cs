namespace SafeMedLabel.Core.Safety;

/// <summary>What a model must keep to be let through. All are fractions.</summary>
/// <param name="LargestSilentFailureRate">At the project's threshold.</param>
/// <param name="SmallestSensitivity">Of each class: the part of its images that is recognised. For two classes that is sensitivity and specificity.</param>
/// <param name="SmallestCoverage">Part of all images that is answered with more confidence than the threshold.</param>
/// <param name="Margin">By how much the silent-failure rate may lie above the active model's before that counts as worse, where chance leaves it open.</param>
public sealed record GateLimits(double LargestSilentFailureRate, double SmallestSensitivity, double SmallestCoverage, double Margin);
