using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Splitting;

/// <summary>An image, as far as splitting goes.</summary>
/// <param name="Patient">Its patient.</param>
/// <param name="ClassIndex">Its known class, or null.</param>
public readonly record struct SplitItem(string Patient, int? ClassIndex);

/// <summary>Sizes of the splits, as fractions of the images; training is what remains.</summary>
/// <param name="Calibration">For thresholds.</param>
/// <param name="Validation">For choosing among epochs.</param>
/// <param name="Test">Locked.</param>
public sealed record SplitFractions(double Calibration = 0.1, double Validation = 0.1, double Test = 0.2)
{
    /// <summary>1 − the others.</summary>
    public double Training => 1 - Calibration - Validation - Test;
}

/// <summary>Splits by patient, stratified by class as well as whole patients allow.</summary>
public static class PatientSplitter
{
    /// <summary>
    /// Each patient's split. Depends on the set of patients, their class counts and the seed alone, never on the input's order.
    /// The largest patients are placed first, each where most images of its classes are still wanted. With at least four
    /// patients each split with a fraction above 0 gets one; with fewer, training and then test come first.
    /// </summary>
    /// <exception cref="ArgumentException">A fraction is negative, or nothing remains for training.</exception>
    public static IReadOnlyDictionary<string, DataSplit> Split(IReadOnlyList<SplitItem> items, SplitFractions fractions, ulong seed)
    {
        if (fractions is not { Calibration: >= 0, Validation: >= 0, Test: >= 0, Training: > 0 })
        {
            throw new ArgumentException("Fractions are not negative and leave something for training.", nameof(fractions));
        }

        var patients = items.GroupBy(i => i.Patient, StringComparer.Ordinal).OrderBy(g => g.Key, StringComparer.Ordinal)
            .Select(g => (Name: g.Key, Images: g.Count(), Classes: g.GroupBy(i => i.ClassIndex ?? -1).ToDictionary(c => c.Key, c => c.Count()))).ToArray();
        new SeededRandom(seed, "patient split").Shuffle(patients.AsSpan());
        Array.Sort([.. patients.Select((p, i) => (-p.Images, i))], patients);

        (DataSplit Split, double Fraction)[] wanted =
        [
            (DataSplit.Training, fractions.Training), (DataSplit.Test, fractions.Test),
            (DataSplit.Validation, fractions.Validation), (DataSplit.Calibration, fractions.Calibration),
        ];
        var open = wanted.Where(w => w.Fraction > 0).ToArray();
        var totals = items.GroupBy(i => i.ClassIndex ?? -1).ToDictionary(g => g.Key, g => g.Count());
        var missing = open.ToDictionary(w => w.Split, w => totals.ToDictionary(t => t.Key, t => t.Value * w.Fraction));
        var chosen = new Dictionary<string, DataSplit>(StringComparer.Ordinal);
        for (var i = 0; i < patients.Length; i++)
        {
            var empty = open.Where(w => !chosen.ContainsValue(w.Split)).ToArray();
            var candidates = patients.Length - i <= empty.Length ? empty : open;
            var best = candidates.MaxBy(w => Gain(patients[i].Classes, missing[w.Split], totals, w.Fraction)).Split;
            chosen[patients[i].Name] = best;
            foreach (var (classIndex, count) in patients[i].Classes)
            {
                missing[best][classIndex] -= count;
            }
        }

        return chosen;
    }

    /// <summary>How much of what a split still wants, relative to its size, this patient brings: classes count alike, however rare.</summary>
    private static double Gain(Dictionary<int, int> brings, Dictionary<int, double> missing, Dictionary<int, int> totals, double fraction) =>
        brings.Sum(b => (missing[b.Key] - (b.Value / 2.0)) / (totals[b.Key] * fraction) * b.Value / totals[b.Key]);
}
