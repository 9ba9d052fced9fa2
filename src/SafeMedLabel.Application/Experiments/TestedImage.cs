using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Application.Experiments;

/// <summary>What a run's model said of one image of its test set.</summary>
/// <param name="ContentHash">SHA-256 of the image's bytes.</param>
/// <param name="Patient">Its patient.</param>
/// <param name="Label">Its class.</param>
/// <param name="Predicted">The class that the model chose.</param>
/// <param name="Confidence">The probability it gave that class.</param>
public sealed record TestedImage(string ContentHash, string Patient, int Label, int Predicted, double Confidence)
{
    /// <summary>Wrong and more confident than <paramref name="threshold"/>, compared in single precision as <see cref="PredictionSet.IsCovered"/> does.</summary>
    public bool IsSilentFailure(double threshold) => Predicted != Label && (float)Confidence > (float)threshold;
}
