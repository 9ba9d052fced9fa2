using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Core.Safety;

/// <summary>
/// Finds the labels that are probably wrong (Northcutt, Jiang and Chuang, <em>Confident Learning: Estimating Uncertainty in Dataset Labels</em>,
/// JAIR 70, 2021). How sure a model must be to contradict is set class by class, by how sure it is on average where a label says that class: a
/// class that is hard to recognise is not suspected more for that.
/// </summary>
public sealed class ConfidentLearning
{
    private readonly int[,] _joint;

    /// <summary>Looks for them.</summary>
    /// <param name="predictions">The given labels, and what models that were not trained on the image, nor on its patient, say of it.</param>
    public ConfidentLearning(PredictionSet predictions)
    {
        ArgumentNullException.ThrowIfNull(predictions);
        Thresholds = [.. Enumerable.Range(0, predictions.Classes).Select(k => MeanSelfConfidence(predictions, k))];
        _joint = new int[predictions.Classes, predictions.Classes];
        var issues = new List<LabelIssue>();
        for (var i = 0; i < predictions.Count; i++)
        {
            if (ConfidentClass(predictions.Probabilities(i)) is not { } confident)
            {
                continue;
            }

            var given = predictions.Label(i);
            _joint[given, confident]++;
            if (confident != given)
            {
                issues.Add(new LabelIssue(i, given, confident, predictions.Probabilities(i)[given], predictions.Probabilities(i)[confident]));
            }
        }

        Issues = [.. issues.OrderByDescending(issue => issue.Margin).ThenBy(issue => issue.Index)];
    }

    /// <summary>
    /// Of each class, the mean probability that the images with its label have of it: from there on a model counts as confident of the class. Null
    /// for a class that no image was given, of which nothing is suspected.
    /// </summary>
    public IReadOnlyList<double?> Thresholds { get; }

    /// <summary>The labels that are contradicted, the one with the greatest margin first, equal ones in the order of the images.</summary>
    public IReadOnlyList<LabelIssue> Issues { get; }

    /// <summary>The confident joint: how many images with the label <paramref name="given"/> the model is confident to be <paramref name="confident"/>.</summary>
    public int Joint(int given, int confident) => _joint[given, confident];

    private static double? MeanSelfConfidence(PredictionSet predictions, int given)
    {
        var (sum, count) = (0.0, 0);
        for (var i = 0; i < predictions.Count; i++)
        {
            if (predictions.Label(i) == given)
            {
                sum += predictions.Probabilities(i)[given];
                count++;
            }
        }

        return count == 0 ? null : sum / count;
    }

    /// <summary>
    /// The most probable of the classes that reach their thresholds, the first of equal ones; null where none does. Compared in single precision, in
    /// which networks answer: the mean of equal probabilities may lie above them by a rounding error.
    /// </summary>
    private int? ConfidentClass(ReadOnlySpan<double> probabilities)
    {
        int? best = null;
        for (var k = 0; k < probabilities.Length; k++)
        {
            if (Thresholds[k] is { } threshold && (float)probabilities[k] >= (float)threshold && (best is null || probabilities[k] > probabilities[best.Value]))
            {
                best = k;
            }
        }

        return best;
    }
}
