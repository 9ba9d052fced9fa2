using SafeMedLabel.Learning.Data;

namespace SafeMedLabel.Learning.Training;

/// <summary>What to train on: rows of a pixel store. The locked test set is not among them.</summary>
/// <param name="Pixels">The images.</param>
/// <param name="Classes">K.</param>
/// <param name="Labelled">Rows with a label.</param>
/// <param name="Labels">Their classes, 0-based.</param>
/// <param name="Unlabelled">Rows without; may be empty.</param>
/// <param name="Validation">Rows for choosing among epochs; may be empty.</param>
/// <param name="ValidationLabels">Their classes.</param>
/// <param name="Hash">Identifies the data: a checkpoint of other data is not continued.</param>
public sealed record TrainingData(
    PixelStore Pixels,
    int Classes,
    IReadOnlyList<int> Labelled,
    IReadOnlyList<int> Labels,
    IReadOnlyList<int> Unlabelled,
    IReadOnlyList<int> Validation,
    IReadOnlyList<int> ValidationLabels,
    string Hash)
{
    /// <summary>Throws when it cannot be trained on.</summary>
    /// <exception cref="ArgumentException">One sentence.</exception>
    public void Validate()
    {
        if (Labelled.Count != Labels.Count || Validation.Count != ValidationLabels.Count)
        {
            throw new ArgumentException("Each labelled image needs its class.");
        }

        if (Labels.Concat(ValidationLabels).Any(label => label < 0 || label >= Classes))
        {
            throw new ArgumentException($"A class lies outside 0 … {Classes - 1}.");
        }

        if (Labels.Distinct().Count() < 2)
        {
            throw new ArgumentException("Training needs labels of at least two classes.");
        }
    }
}
