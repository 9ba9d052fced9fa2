using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>The locked test set as a round's model saw it. All lists have one entry per image, in the same order.</summary>
/// <param name="Ids">Keys of the images.</param>
/// <param name="Set">Classes and probabilities.</param>
/// <param name="Uncertainty">Variances of the passes.</param>
/// <param name="Likeness">How they look to the model.</param>
public sealed record TestedSet(IReadOnlyList<Guid> Ids, PredictionSet Set, IReadOnlyList<double> Uncertainty, IReadOnlyList<byte[]> Likeness)
{
    /// <summary>Some of the images, in the order of their indices here.</summary>
    public TestedSet Subset(IReadOnlyList<int> indices)
    {
        ArgumentNullException.ThrowIfNull(indices);
        return new TestedSet(
            [.. indices.Select(i => Ids[i])],
            new PredictionSet(Set.Classes, [.. indices.Select(Set.Label)], indices.SelectMany(i => Set.Probabilities(i).ToArray()).ToArray()),
            [.. indices.Select(i => Uncertainty[i])],
            [.. indices.Select(i => Likeness[i])]);
    }
}
