namespace SafeMedLabel.Core.Statistics;

/// <summary>
/// How far readers agree beyond what chance would have them: 1 is complete agreement, 0 what chance gives. With few images of a class
/// kappa is low even where readers seldom differ; it is read beside the share on which they agree.
/// </summary>
/// <param name="Value">At most 1; NaN where all readings are of one class, and chance would have readers agree always.</param>
/// <param name="Interval">95 %, by the normal approximation; NaN where <paramref name="Value"/> is, or would be with one image less.</param>
/// <param name="Agreement">Part of the pairs of readings that agree.</param>
/// <param name="Images">Images with at least two readings.</param>
public sealed record Kappa(double Value, RateInterval Interval, double Agreement, int Images)
{
    private const double Normal = 1.959963984540054;

    /// <summary>
    /// Of two readers (J. Cohen, <em>Educational and Psychological Measurement</em> 20, 1960), with the large-sample error of J. Fleiss, J. Cohen
    /// and B. Everitt, <em>Psychological Bulletin</em> 72, 1969.
    /// </summary>
    /// <param name="table">Images by the class of the one reader (row) and of the other (column), K × K.</param>
    /// <exception cref="ArgumentException">The table is not square, or counts nothing.</exception>
    public static Kappa Cohen(IReadOnlyList<IReadOnlyList<int>> table)
    {
        var classes = Enumerable.Range(0, table.Count).ToArray();
        var images = table.Sum(row => row.Sum());
        if (images == 0 || table.Any(row => row.Count != table.Count))
        {
            throw new ArgumentException("A table of two readers is square and counts at least one image.", nameof(table));
        }

        double P(int row, int column) => (double)table[row][column] / images;
        double[] rows = [.. classes.Select(i => classes.Sum(j => P(i, j)))];
        double[] columns = [.. classes.Select(j => classes.Sum(i => P(i, j)))];
        var observed = classes.Sum(i => P(i, i));
        var expected = classes.Sum(i => rows[i] * columns[i]);
        var kappa = (observed - expected) / (1 - expected);

        var agreeing = classes.Sum(i => P(i, i) * Math.Pow(1 - ((rows[i] + columns[i]) * (1 - kappa)), 2));
        var differing = classes.Sum(i => classes.Where(j => j != i).Sum(j => P(i, j) * Math.Pow(columns[i] + rows[j], 2)));
        var variance = (agreeing + (Math.Pow(1 - kappa, 2) * differing) - Math.Pow(kappa - (expected * (1 - kappa)), 2)) / (images * Math.Pow(1 - expected, 2));
        return new Kappa(kappa, Around(kappa, Math.Sqrt(Math.Max(0, variance))), observed, images);
    }

    /// <summary>
    /// Of any number of readers, not the same for each image (J. Fleiss, <em>Psychological Bulletin</em> 76, 1971; each image weighs alike). The
    /// error is the jackknife's over images. Images with fewer than two readings do not count.
    /// </summary>
    /// <param name="readings">For each image, how many readers chose each of the K classes.</param>
    /// <exception cref="ArgumentException">Fewer than two images have two readings.</exception>
    public static Kappa Fleiss(IReadOnlyList<IReadOnlyList<int>> readings)
    {
        var counted = readings.Where(image => image.Sum() >= 2).ToList();
        if (counted.Count < 2)
        {
            throw new ArgumentException("Agreement needs at least two images with two readings each.", nameof(readings));
        }

        // Sums, so that leaving one image out is a subtraction.
        double[] agreements = [.. counted.Select(AgreementOf)];
        double[][] shares = [.. counted.Select(image => image.Select(count => (double)count / image.Sum()).ToArray())];
        var agreement = agreements.Sum();
        double[] share = [.. Enumerable.Range(0, shares[0].Length).Select(k => shares.Sum(s => s[k]))];

        var (n, all) = (counted.Count, Of(agreement, share, counted.Count));
        double[] pseudovalues = [.. agreements.Zip(shares, (own, parts) => (n * all) - ((n - 1) * Of(agreement - own, [.. share.Zip(parts, (sum, part) => sum - part)], n - 1)))];
        var mean = pseudovalues.Average();
        var error = Math.Sqrt(pseudovalues.Sum(p => Math.Pow(p - mean, 2)) / ((double)n * (n - 1)));
        return new Kappa(all, Around(all, error), agreement / n, n);
    }

    private static double Of(double agreement, IReadOnlyList<double> share, int images)
    {
        var expected = share.Sum(s => Math.Pow(s / images, 2));
        return ((agreement / images) - expected) / (1 - expected);
    }

    /// <summary>Part of an image's pairs of readings that agree.</summary>
    private static double AgreementOf(IReadOnlyList<int> image)
    {
        double readers = image.Sum();
        return image.Sum(count => count * (count - 1.0)) / (readers * (readers - 1));
    }

    private static RateInterval Around(double kappa, double error) => new(Math.Max(-1, kappa - (Normal * error)), Math.Min(1, kappa + (Normal * error)));
}
