using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Splitting;

/// <summary>
/// Splits a set of images by whole patients, so that no patient's stain, camera or cells are on both sides of a measurement, and as
/// evenly in the classes as whole patients allow.
/// </summary>
public static class PatientSplitter
{
    /// <summary>The splits that patients are given to; which get one first where there are fewer patients than splits.</summary>
    public static IReadOnlyList<DataSplit> InOrderOfNeed { get; } =
        [DataSplit.Training, DataSplit.Test, DataSplit.Validation, DataSplit.Calibration];

    /// <summary>
    /// Assigns every patient to one split. Depends on the patients, their images and the seed alone, not on the order of the items.
    /// </summary>
    /// <remarks>
    /// Every split with a share above zero gets a patient as long as there are enough of them; with fewer, training comes first, then
    /// test, validation and calibration (so a single patient goes to training, and nothing can be measured). Training and test get
    /// every class where the patients allow it.
    /// </remarks>
    /// <param name="items">All images of the set.</param>
    /// <param name="fractions">The share of the images that each split should get.</param>
    /// <param name="seed">Seed of the split.</param>
    /// <returns>The split of each patient; empty for no items.</returns>
    public static IReadOnlyDictionary<string, DataSplit> Split(IReadOnlyList<SplitItem> items, SplitFractions fractions, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(items);
        ArgumentNullException.ThrowIfNull(fractions);

        var patients = SplitPatient.InRandomOrder(items, new SeededRandom(seed, "patient split"));
        var splits = InOrderOfNeed.Where(split => fractions.Of(split) > 0).Take(patients.Length).ToArray();
        var balance = new SplitBalance(patients, [.. splits.Select(split => new SplitPart(fractions.Of(split), MissingClassPenalty(split)))]);
        balance.Place();
        balance.Improve();
        return balance.Assignment().ToDictionary(patient => patient.Key, patient => splits[patient.Value], StringComparer.Ordinal);
    }

    private static double MissingClassPenalty(DataSplit split) => split switch
    {
        DataSplit.Training => 1e6,
        DataSplit.Test => 1e4,
        _ => 0,
    };
}
