namespace SafeMedLabel.Application.Monitoring;

/// <summary>An image of a round's random sample that readers have given a class.</summary>
/// <param name="Place">Its place in the pool, 0-based.</param>
/// <param name="Prediction">What the model had said of it.</param>
/// <param name="Label">What the readers say.</param>
public sealed record CheckedImage(int Place, RoundPrediction Prediction, int Label)
{
    /// <summary>Whether the model is wrong and was surer than <paramref name="threshold"/>.</summary>
    public bool IsSilentFailure(double threshold) => Prediction.ClassIndex != Label && Prediction.Confidence > threshold;
}
