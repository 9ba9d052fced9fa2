namespace SafeMedLabel.Core.Statistics;

/// <summary>A measure of items of which each counts as often as its weight says, 0 or more times; null where it cannot be told.</summary>
/// <param name="weights">One per item.</param>
public delegate double? WeightedStatistic(ReadOnlySpan<int> weights);

/// <summary>
/// Patient-cluster bootstrap of a rate. Cells of one patient share a stain, a camera and a reader, so that they err together:
/// whole patients are drawn with replacement, and the interval is as wide as the patients' number makes it.
/// </summary>
public static class PatientBootstrap
{
    /// <summary>Number of resamples that an interval is read from.</summary>
    public const int Resamples = 2000;

    private const double Tail = 0.025;
    private const string Purpose = "patient bootstrap";

    /// <summary>
    /// 95 % percentile interval of Σ numerators ÷ Σ denominators. Equal seeds draw equal patients, so that rates of one and the same
    /// set of patients can be compared.
    /// </summary>
    /// <param name="numerators">Counted events of each patient.</param>
    /// <param name="denominators">Counted items of each patient, at the same index.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <returns>The interval, or null when fewer than two patients have any item.</returns>
    /// <exception cref="ArgumentException">The lists differ in length, or a patient has more events than items.</exception>
    public static RateInterval? Interval(IReadOnlyList<int> numerators, IReadOnlyList<int> denominators, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(numerators);
        ArgumentNullException.ThrowIfNull(denominators);
        if (numerators.Count != denominators.Count)
        {
            throw new ArgumentException($"There are {numerators.Count} numerators for {denominators.Count} denominators.", nameof(numerators));
        }

        var patients = new List<(double Events, int Items)>(numerators.Count);
        for (var i = 0; i < numerators.Count; i++)
        {
            if (numerators[i] < 0 || numerators[i] > denominators[i])
            {
                throw new ArgumentException($"Patient {i} has {numerators[i]} events in {denominators[i]} items.", nameof(numerators));
            }

            // A patient without an item would only turn some resamples into 0 ÷ 0.
            if (denominators[i] > 0)
            {
                patients.Add((numerators[i], denominators[i]));
            }
        }

        return patients.Count < 2 ? null : Resample(patients, seed);
    }

    /// <summary>
    /// 95 % percentile interval of a paired difference: of the mean, over items, of <paramref name="differenceOf"/>, whole patients
    /// drawn with replacement. For rates of two models on the same items it is the difference of the one's event and the other's.
    /// </summary>
    /// <param name="patients">Patient of each item.</param>
    /// <param name="differenceOf">Difference at an item's index, e.g. −1, 0 or 1.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <returns>The interval, or null when there are fewer than two patients.</returns>
    public static RateInterval? Difference(IReadOnlyList<string> patients, Func<int, double> differenceOf, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(patients);
        ArgumentNullException.ThrowIfNull(differenceOf);

        var sums = new SortedDictionary<string, (double Sum, int Items)>(StringComparer.Ordinal);
        for (var i = 0; i < patients.Count; i++)
        {
            var (sum, items) = sums.GetValueOrDefault(patients[i]);
            sums[patients[i]] = (sum + differenceOf(i), items + 1);
        }

        return sums.Count < 2 ? null : Resample([.. sums.Values], seed);
    }

    /// <summary>
    /// The same for items rather than sums: the interval of the fraction of items that are events. Patients are put in ordinal order
    /// first, so that the order of the items does not matter.
    /// </summary>
    /// <param name="patients">Patient of each item.</param>
    /// <param name="isEvent">Whether the item at an index counts.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <returns>The interval, or null when there are fewer than two patients.</returns>
    public static RateInterval? Interval(IReadOnlyList<string> patients, Func<int, bool> isEvent, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(isEvent);
        return Difference(patients, i => isEvent(i) ? 1 : 0, seed);
    }

    /// <summary>The same for a measure that is no mean over items, as an area under a curve is none.</summary>
    /// <param name="patients">Patient of each item.</param>
    /// <param name="statistic">The measure, each item counting as often as its weight says.</param>
    /// <param name="seed">Seed of the resampling.</param>
    /// <returns>
    /// The interval, over the resamples of which the measure can be told; null when there are fewer than two patients, or it can be told of no resample.
    /// </returns>
    public static RateInterval? Interval(IReadOnlyList<string> patients, WeightedStatistic statistic, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(patients);
        ArgumentNullException.ThrowIfNull(statistic);

        var names = new SortedSet<string>(patients, StringComparer.Ordinal).ToList();
        if (names.Count < 2)
        {
            return null;
        }

        int[] patientOf = [.. patients.Select(p => names.BinarySearch(p, StringComparer.Ordinal))];
        var random = new SeededRandom(seed, Purpose);
        var (drawn, weights) = (new int[names.Count], new int[patients.Count]);
        var values = new List<double>(Resamples);
        for (var resample = 0; resample < Resamples; resample++)
        {
            Array.Clear(drawn);
            for (var draw = 0; draw < names.Count; draw++)
            {
                drawn[random.NextInt(names.Count)]++;
            }

            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] = drawn[patientOf[i]];
            }

            if (statistic(weights) is { } value)
            {
                values.Add(value);
            }
        }

        return values.Count == 0 ? null : Percentiles([.. values]);
    }

    private static RateInterval Resample(List<(double Sum, int Items)> patients, ulong seed)
    {
        var random = new SeededRandom(seed, Purpose);
        var rates = new double[Resamples];
        for (var resample = 0; resample < Resamples; resample++)
        {
            var sum = 0.0;
            long items = 0;
            for (var draw = 0; draw < patients.Count; draw++)
            {
                var patient = patients[random.NextInt(patients.Count)];
                sum += patient.Sum;
                items += patient.Items;
            }

            rates[resample] = sum / items;
        }

        return Percentiles(rates);
    }

    private static RateInterval Percentiles(double[] values)
    {
        Array.Sort(values);
        return new RateInterval(Quantile(values, Tail), Quantile(values, 1 - Tail));
    }

    /// <summary>Quantile of sorted values with linear interpolation (Hyndman and Fan's type 7).</summary>
    private static double Quantile(double[] sorted, double probability)
    {
        var position = probability * (sorted.Length - 1);
        var below = (int)position;
        var above = Math.Min(below + 1, sorted.Length - 1);
        return sorted[below] + ((position - below) * (sorted[above] - sorted[below]));
    }
}
