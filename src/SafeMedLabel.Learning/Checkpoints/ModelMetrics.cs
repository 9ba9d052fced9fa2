using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>What a model's card says of one set of images.</summary>
/// <param name="Count">Images.</param>
/// <param name="Accuracy">0 to 1.</param>
/// <param name="Auc">Null where only one class was present.</param>
/// <param name="NegativeLogLikelihood">In nats.</param>
/// <param name="Ece">Expected calibration error over 15 bins.</param>
/// <param name="Aurc">Area under the risk–coverage curve.</param>
public sealed record ModelMetrics(int Count, double Accuracy, double? Auc, double NegativeLogLikelihood, double Ece, double Aurc)
{
    /// <summary>True where every number lies in its range. What was read from somewhere may hold anything.</summary>
    internal bool IsSound =>
        Count >= 0 && Accuracy is >= 0 and <= 1 && Auc is null or (>= 0 and <= 1) && NegativeLogLikelihood is >= 0 and < double.PositiveInfinity
        && Ece is >= 0 and <= 1 && Aurc is >= 0 and <= 1;

    /// <summary>Measures a set that is not empty.</summary>
    public static ModelMetrics Of(PredictionSet set) => new(
        set.Count,
        Metrics.Accuracy(set),
        Metrics.Auc(set),
        Metrics.NegativeLogLikelihood(set),
        Metrics.ExpectedCalibrationError(set),
        Metrics.AreaUnderRiskCoverage(set));
}
