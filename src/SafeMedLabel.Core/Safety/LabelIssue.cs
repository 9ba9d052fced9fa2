namespace SafeMedLabel.Core.Safety;

/// <summary>An image whose label a model that never saw its patient contradicts with confidence.</summary>
/// <param name="Index">Position of the image in the set.</param>
/// <param name="Given">The class that it was given.</param>
/// <param name="Suggested">The class that the model is confident of instead.</param>
/// <param name="GivenProbability">The model's probability of the given class.</param>
/// <param name="SuggestedProbability">Its probability of the suggested one.</param>
public sealed record LabelIssue(int Index, int Given, int Suggested, double GivenProbability, double SuggestedProbability)
{
    /// <summary>By how much the suggested class is more probable than the given one, in (−1, 1].</summary>
    public double Margin => SuggestedProbability - GivenProbability;
}
