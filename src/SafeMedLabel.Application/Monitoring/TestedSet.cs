using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>The locked test set as a round's model saw it. All lists have one entry per image, in the same order.</summary>
/// <param name="Ids">Keys of the images.</param>
/// <param name="Set">Classes and probabilities.</param>
/// <param name="Uncertainty">Variances of the passes.</param>
/// <param name="Likeness">How they look to the model.</param>
public sealed record TestedSet(IReadOnlyList<Guid> Ids, PredictionSet Set, IReadOnlyList<double> Uncertainty, IReadOnlyList<byte[]> Likeness);
