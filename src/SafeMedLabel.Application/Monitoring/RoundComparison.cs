using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Two rounds' models on the same images of the locked test set.</summary>
/// <param name="First">A completed round.</param>
/// <param name="Second">Another of the same project.</param>
/// <param name="Threshold">Of silent failures and coverage: the first round's.</param>
/// <param name="Patients">Patients of the images that both were asked about, and whose class was the same to both.</param>
/// <param name="OfFirst">What the first said of those images.</param>
/// <param name="OfSecond">What the second said of them, in the same order.</param>
/// <param name="Measures">Accuracy, silent-failure rate and coverage.</param>
public sealed record RoundComparison(
    Round First, Round Second, double Threshold, int Patients, TestedSet OfFirst, TestedSet OfSecond, IReadOnlyList<ComparedMeasure> Measures);

/// <summary>A measure of two models on the same images.</summary>
/// <param name="Measure">Of what.</param>
/// <param name="First">The first model's.</param>
/// <param name="Second">The second's.</param>
/// <param name="Difference">First minus second, with the interval and the images on which they differ.</param>
public sealed record ComparedMeasure(Measure Measure, double First, double Second, PairedDifference Difference);
