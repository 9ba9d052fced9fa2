using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Experiments;

/// <summary>A label audit on labels of which some were made wrong on purpose: how many of these it found.</summary>
/// <param name="Seed">Seed of split, labels, noise, folds and training.</param>
/// <param name="Labels">Labels that were audited.</param>
/// <param name="Patients">Patients that they come from.</param>
/// <param name="Planted">Labels that were made wrong.</param>
/// <param name="Suspected">Labels that the audit suspects.</param>
/// <param name="Found">Planted ones among the suspected.</param>
/// <param name="PrecisionAt100">Part of the first hundred suspected that were planted; null where fewer are suspected.</param>
/// <param name="PrecisionAtPlanted">The same of as many as were planted; null where fewer are suspected.</param>
/// <param name="Agreement">Part of the labels as they were before the noise that the cross-validated models give too.</param>
/// <param name="Seconds">Time that the trainings took.</param>
public sealed record SimulatedAudit(
    long Seed, int Labels, int Patients, int Planted, int Suspected, int Found, double? PrecisionAt100, double? PrecisionAtPlanted, double Agreement, double Seconds)
{
    /// <summary>Part of all suspected that were planted; null where none is suspected.</summary>
    public double? Precision => Suspected == 0 ? null : (double)Found / Suspected;

    /// <summary>Part of the planted ones that are suspected; null where none was planted.</summary>
    public double? Recall => Planted == 0 ? null : (double)Found / Planted;

    /// <summary>Part of the first <paramref name="count"/> suspected labels that were planted; null where fewer are suspected, or none is asked for.</summary>
    public static double? PrecisionAt(int count, IReadOnlyList<LabelIssue> issues, PlantedNoise noise) =>
        count == 0 || issues.Count < count ? null : (double)issues.Take(count).Count(issue => noise.Wrong.Contains(issue.Index)) / count;
}
