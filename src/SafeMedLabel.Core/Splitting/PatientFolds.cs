using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Splitting;

/// <summary>
/// Folds of whole patients for a cross-validation: each image is predicted by a model that has seen none of its patient's. The folds have about as
/// many images of each class as whole patients allow.
/// </summary>
public static class PatientFolds
{
    /// <summary>A class in one fold alone could not be learned when that fold is held out: no gain in balance is worth that.</summary>
    private const double MissingClassPenalty = 1e4;

    /// <summary>Assigns every patient to one fold. Depends on the patients, their images and the seed alone, not on the order of the items.</summary>
    /// <param name="items">All images.</param>
    /// <param name="folds">K, at least 2 and not above the number of patients.</param>
    /// <param name="seed">Seed of the folds.</param>
    /// <returns>The fold of each patient, in [0, K). No fold is empty.</returns>
    /// <exception cref="ArgumentException">There are fewer patients than folds, or fewer than two folds; one sentence.</exception>
    public static IReadOnlyDictionary<string, int> Assign(IReadOnlyList<SplitItem> items, int folds, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(items);
        if (folds < 2)
        {
            throw new ArgumentException($"A cross-validation has at least two folds, not {folds}.", nameof(folds));
        }

        var patients = SplitPatient.InRandomOrder(items, new SeededRandom(seed, "patient folds"));
        if (patients.Length < folds)
        {
            throw new ArgumentException($"{folds} folds of whole patients need at least as many patients; there are {patients.Length}.", nameof(folds));
        }

        var balance = new SplitBalance(patients, [.. Enumerable.Repeat(new SplitPart(1.0 / folds, MissingClassPenalty), folds)]);
        balance.Place();
        balance.Improve();
        return balance.Assignment();
    }
}
