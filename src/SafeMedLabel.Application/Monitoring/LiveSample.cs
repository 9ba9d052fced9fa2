namespace SafeMedLabel.Application.Monitoring;

/// <summary>A simple random sample of the pool that a round ranked, as far as it has been read.</summary>
/// <param name="Drawn">Images in it.</param>
/// <param name="Labelled">Those with a label; the others are not read yet, unreadable or disputed.</param>
public sealed record LiveSample(int Drawn, IReadOnlyList<CheckedImage> Labelled)
{
    /// <summary>
    /// The pool's content hashes order it at random, and the audit stream draws by that order: all images up to the last one drawn
    /// are a simple random sample of the pool, whether they were read because they were drawn or because they were uncertain. Counting only
    /// those that were drawn would leave out the uncertain ones, which were read before their turn. That the last image is always one that
    /// was drawn errs to the safe side, by less than one image.
    /// </summary>
    /// <param name="pool">Of the pool's images in the order of their content hashes, the place and what the model had said.</param>
    /// <param name="drawn">Images that were drawn.</param>
    /// <param name="labels">Class by image, where it has one.</param>
    public static LiveSample Of(IReadOnlyList<(int Place, RoundPrediction Prediction)> pool, IReadOnlySet<Guid> drawn, IReadOnlyDictionary<Guid, int> labels)
    {
        ArgumentNullException.ThrowIfNull(pool);
        var sample = pool.Take(pool.Index().LastOrDefault(p => drawn.Contains(p.Item.Prediction.ImageId), (-1, default)).Index + 1).ToList();
        return new LiveSample(
            sample.Count,
            [.. sample.Where(i => labels.ContainsKey(i.Prediction.ImageId)).Select(i => new CheckedImage(i.Place, i.Prediction, labels[i.Prediction.ImageId]))]);
    }
}
