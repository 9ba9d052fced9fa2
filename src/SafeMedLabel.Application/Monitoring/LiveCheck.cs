using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>
/// How a round's model does on images drawn at random from the pool that it ranked: an estimate without bias, which a queue of
/// uncertain images cannot give.
/// </summary>
/// <param name="RoundNumber">The round.</param>
/// <param name="Threshold">A mistake is silent above this confidence.</param>
/// <param name="Drawn">Images drawn.</param>
/// <param name="Labelled">Those with a label; the others are not read yet, unreadable or disputed.</param>
/// <param name="Wrong">Labelled ones on which the model is wrong.</param>
/// <param name="Silent">Those of them on which it is sure.</param>
public sealed record LiveCheck(int RoundNumber, double Threshold, int Drawn, int Labelled, int Wrong, int Silent)
{
    /// <summary>Part of the labelled that is silently wrong; null where none is labelled.</summary>
    public double? SilentFailureRate => Labelled == 0 ? null : (double)Silent / Labelled;

    /// <summary>Its exact 95 % interval, as if images did not hang together.</summary>
    public RateInterval? SilentFailureInterval => Labelled == 0 ? null : BinomialInterval.ClopperPearson(Silent, Labelled);

    /// <summary>Part of the labelled that is right.</summary>
    public double? Accuracy => Labelled == 0 ? null : 1 - ((double)Wrong / Labelled);

    /// <summary>
    /// Counts. The pool's content hashes order it at random, and the audit stream draws by that order: all images up to the last one drawn
    /// are a simple random sample of the pool, whether they were read because they were drawn or because they were uncertain. Counting only
    /// those that were drawn would leave out the uncertain ones, which were read before their turn. That the last image is always one that
    /// was drawn errs to the safe side, by less than one image.
    /// </summary>
    /// <param name="roundNumber">The round.</param>
    /// <param name="threshold">Of confidence.</param>
    /// <param name="predictions">Of the pool's images in the order of their content hashes.</param>
    /// <param name="last">Place of the last image drawn; −1 where none was.</param>
    /// <param name="labels">Class by image, where it has one.</param>
    public static LiveCheck From(int roundNumber, double threshold, IReadOnlyList<RoundPrediction> predictions, int last, IReadOnlyDictionary<Guid, int> labels)
    {
        var labelled = predictions.Take(last + 1).Where(p => labels.ContainsKey(p.ImageId)).ToList();
        var wrong = labelled.Where(p => labels[p.ImageId] != p.ClassIndex).ToList();
        return new LiveCheck(roundNumber, threshold, last + 1, labelled.Count, wrong.Count, wrong.Count(p => p.Confidence > threshold));
    }
}
