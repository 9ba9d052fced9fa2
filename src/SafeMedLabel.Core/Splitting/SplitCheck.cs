namespace SafeMedLabel.Core.Splitting;

/// <summary>A class of which a split has too little.</summary>
/// <param name="Split">The test or the calibration set.</param>
/// <param name="ClassIndex">The class.</param>
/// <param name="Images">Its images in that split.</param>
/// <param name="Patients">The patients they are of.</param>
public sealed record ThinClass(DataSplit Split, int ClassIndex, int Images, int Patients);

/// <summary>
/// Whether the sets that a model is measured and calibrated on hold enough of each class. Images of one patient err together, so that patients count
/// as well as images: of ten that are all right, the true rate may still lie at 69 % (the exact 95 % interval).
/// </summary>
public static class SplitCheck
{
    /// <summary>Fewest images, and fewest patients, of each class.</summary>
    public const int Fewest = 10;

    private static readonly DataSplit[] Checked = [DataSplit.Test, DataSplit.Calibration];

    /// <summary>The usual shares for test and calibration, then larger and larger ones; something always stays for training.</summary>
    private static readonly SplitFractions[] Larger =
    [
        new(),
        new(Calibration: 0.15, Test: 0.2),
        new(Calibration: 0.15, Test: 0.25),
        new(Calibration: 0.2, Test: 0.3),
        new(Calibration: 0.25, Test: 0.35),
        new(Calibration: 0.3, Test: 0.4),
    ];

    /// <summary>The classes of which the test or the calibration set has too little, in the order of splits and classes.</summary>
    /// <param name="items">All images of a data set.</param>
    /// <param name="splitOf">The split of a patient.</param>
    /// <param name="classes">How many classes there are.</param>
    public static IReadOnlyList<ThinClass> Find(IReadOnlyList<SplitItem> items, Func<string, DataSplit> splitOf, int classes)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(splitOf);
        var cells = items.Where(i => i.ClassIndex is not null).ToLookup(i => (Split: splitOf(i.Patient), Class: i.ClassIndex!.Value));
        return
        [
            .. from split in Checked
               from k in Enumerable.Range(0, classes)
               let own = cells[(split, k)]
               let thin = new ThinClass(split, k, own.Sum(i => i.Images), own.Select(i => i.Patient).Distinct(StringComparer.Ordinal).Count())
               where Math.Min(thin.Images, thin.Patients) < Fewest
               select thin
        ];
    }

    /// <summary>The smallest shares of test and calibration that give both enough of each class; null where no split of these patients does.</summary>
    /// <param name="items">All images of a data set.</param>
    /// <param name="classes">How many classes there are.</param>
    /// <param name="seed">Seed of the split.</param>
    public static SplitFractions? Propose(IReadOnlyList<SplitItem> items, int classes, ulong seed)
    {
        // Each class needs patients for both sets and for the training.
        var patients = items.Where(i => i.ClassIndex is not null).GroupBy(i => i.ClassIndex!.Value)
            .Select(g => g.Select(i => i.Patient).Distinct(StringComparer.Ordinal).Count()).ToList();
        return patients.Count < classes || patients.Exists(count => count <= 2 * Fewest) ? null : Array.Find(Larger, fractions =>
        {
            var splits = PatientSplitter.Split(items, fractions, seed);
            return Find(items, patient => splits[patient], classes).Count == 0;
        });
    }
}
