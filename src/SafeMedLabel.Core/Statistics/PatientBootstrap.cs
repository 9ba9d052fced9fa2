namespace SafeMedLabel.Core.Statistics;

/// <summary>
/// Percentile bootstrap over patients, not images: cells of one patient share stain, camera and mistakes, so resampling images
/// would promise more certainty than there is (cluster bootstrap, Davison &amp; Hinkley 1997, §3.8).
/// </summary>
public static class PatientBootstrap
{
    /// <summary>Resamples drawn.</summary>
    public const int Resamples = 2000;

    /// <summary>The 95 % interval of hits ÷ images, given each image's patient and whether it is a hit; null with fewer than two patients.</summary>
    public static RateInterval? Interval(IReadOnlyList<string> patients, Func<int, bool> isHit, ulong seed)
    {
        var clusters = patients.Select((patient, i) => (patient, hit: isHit(i) ? 1 : 0)).GroupBy(x => x.patient, StringComparer.Ordinal)
            .OrderBy(g => g.Key, StringComparer.Ordinal).Select(g => (Hits: g.Sum(x => x.hit), Images: g.Count())).ToArray();
        if (clusters.Length < 2)
        {
            return null;
        }

        var random = new SeededRandom(seed, "patient bootstrap");
        var rates = new double[Resamples];
        for (var r = 0; r < Resamples; r++)
        {
            var (hits, images) = (0, 0);
            for (var i = 0; i < clusters.Length; i++)
            {
                var drawn = clusters[random.NextInt(clusters.Length)];
                hits += drawn.Hits;
                images += drawn.Images;
            }

            rates[r] = (double)hits / images;
        }

        Array.Sort(rates);
        return new RateInterval(Quantile(rates, 0.025), Quantile(rates, 0.975));
    }

    /// <summary>Linear interpolation between order statistics (type 7 of Hyndman &amp; Fan 1996).</summary>
    private static double Quantile(double[] sorted, double q)
    {
        var position = q * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
