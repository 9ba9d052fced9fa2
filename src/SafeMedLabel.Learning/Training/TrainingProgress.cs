using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Learning.Training;

/// <summary>After a step.</summary>
/// <param name="Epoch">1-based; 0 while pre-training.</param>
/// <param name="Epochs">All.</param>
/// <param name="Step">1-based within the epoch.</param>
/// <param name="Steps">Steps an epoch.</param>
/// <param name="Loss">L = L_x + λ_u L_u of this step.</param>
/// <param name="ImagesPerSecond">Labelled and unlabelled images trained on, since this run began.</param>
/// <param name="SecondsLeft">Estimate until training ends.</param>
public readonly record struct TrainingProgress(int Epoch, int Epochs, int Step, int Steps, double Loss, double ImagesPerSecond, double SecondsLeft)
{
    /// <summary>Of all training, 0 to 1.</summary>
    public double Fraction => Epoch == 0 ? 0 : (((double)Epoch - 1) + ((double)Step / Steps)) / Epochs;
}

/// <summary>A finished epoch.</summary>
/// <param name="Epoch">1-based.</param>
/// <param name="SupervisedLoss">Mean L_x.</param>
/// <param name="UnlabelledLoss">Mean L_u, before its weight λ_u.</param>
/// <param name="ValidationAccuracy">0 to 1; null without validation images.</param>
/// <param name="ValidationLoss">Mean cross-entropy on validation, in nats; null without validation images.</param>
/// <param name="Limit">The filter's limit of uncertainty in this epoch; null where there was none.</param>
/// <param name="Ledger">What became of the pseudo-labels.</param>
/// <param name="Seconds">Time it took; the first epoch's with the pre-training before it.</param>
public sealed record EpochSummary(
    int Epoch,
    double SupervisedLoss,
    double UnlabelledLoss,
    double? ValidationAccuracy,
    double? ValidationLoss,
    double? Limit,
    FilterLedger Ledger,
    double Seconds)
{
    /// <summary>
    /// The last pseudo-label of each of <see cref="TrainingData.Audited"/>, as <see cref="PseudoLabelTrace.ToBytes"/> gives it. Empty in the
    /// checkpoint of an earlier version of the program.
    /// </summary>
    public byte[] Audited { get; init; } = [];
}
