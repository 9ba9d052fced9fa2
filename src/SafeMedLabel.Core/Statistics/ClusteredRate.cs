namespace SafeMedLabel.Core.Statistics;

/// <summary>A part of some images, and how well it is known.</summary>
/// <param name="Value">The part; null where there are no images.</param>
/// <param name="Interval">
/// 95 %: the wider, at either end, of the patient-cluster bootstrap, which knows that images of one patient err together, and the exact binomial
/// interval, which knows how little a few images say. Null with fewer than two patients.
/// </param>
/// <param name="Count">Images.</param>
public readonly record struct ClusteredRate(double? Value, RateInterval? Interval, int Count)
{
    /// <summary>The part of some images that are events.</summary>
    /// <param name="images">Their indices.</param>
    /// <param name="patients">Patient of each image of the whole set.</param>
    /// <param name="isEvent">Whether the image at an index counts.</param>
    /// <param name="seed">Of the bootstrap.</param>
    public static ClusteredRate Of(IReadOnlyList<int> images, IReadOnlyList<string> patients, Func<int, bool> isEvent, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(patients);
        ArgumentNullException.ThrowIfNull(isEvent);
        if (images.Count == 0)
        {
            return default;
        }

        var events = images.Count(isEvent);
        var bootstrap = PatientBootstrap.Interval([.. images.Select(i => patients[i])], place => isEvent(images[place]), seed);
        return new ClusteredRate((double)events / images.Count, RateInterval.Wider(bootstrap, BinomialInterval.ClopperPearson(events, images.Count)), images.Count);
    }
}
