namespace SafeMedLabel.Core.Statistics;

/// <summary>How two rates of the same images differ, and how well that is known.</summary>
/// <param name="Counts">Images on which the two answers differ.</param>
/// <param name="Interval">
/// 95 % of the first rate minus the second: the wider, at either end, of the patient-cluster bootstrap, which knows that images of one patient err together,
/// and Tango's score interval, which knows how little a few images say. Null with fewer than two patients.
/// </param>
public readonly record struct PairedDifference(PairedCounts Counts, RateInterval? Interval)
{
    /// <summary>Compares two yes-or-no answers about each image.</summary>
    /// <param name="patients">Patient of each image, one or more.</param>
    /// <param name="first">The first answer about the image at an index.</param>
    /// <param name="second">The second.</param>
    /// <param name="seed">Of the bootstrap.</param>
    public static PairedDifference Of(IReadOnlyList<string> patients, Func<int, bool> first, Func<int, bool> second, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(patients);
        ArgumentNullException.ThrowIfNull(first);
        ArgumentNullException.ThrowIfNull(second);
        int[] differences = [.. Enumerable.Range(0, patients.Count).Select(i => (first(i) ? 1 : 0) - (second(i) ? 1 : 0))];
        var counts = new PairedCounts(differences.Count(d => d > 0), differences.Count(d => d < 0), differences.Length);
        return new PairedDifference(counts, RateInterval.Wider(PatientBootstrap.Difference(patients, i => differences[i], seed), counts.ScoreInterval()));
    }
}
