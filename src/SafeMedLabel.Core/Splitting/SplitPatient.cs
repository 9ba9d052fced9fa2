using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Splitting;

/// <summary>A patient to be assigned.</summary>
/// <param name="Name">The patient's name.</param>
/// <param name="Counts">Number of images of each class.</param>
internal sealed record SplitPatient(string Name, int[] Counts)
{
    /// <summary>The patients of these images, in an order that follows from them and the stream alone. Unknown classes are a class of their own.</summary>
    public static SplitPatient[] InRandomOrder(IReadOnlyList<SplitItem> items, SeededRandom random)
    {
        var classes = items.Select(item => item.ClassIndex).Distinct().OrderBy(c => c ?? int.MaxValue).ToArray();
        var patients = items
            .GroupBy(item => item.Patient, StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new SplitPatient(group.Key, [.. classes.Select(c => group.Where(item => item.ClassIndex == c).Sum(item => item.Images))]))
            .ToArray();
        random.Shuffle<SplitPatient>(patients);
        return patients;
    }
}
