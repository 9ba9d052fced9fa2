using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// Whether anything of one side of a project's split is on another too. The same file is never in a project twice, for its database refuses that;
/// this is about patients, and about pictures that are nearly the same.
/// </summary>
/// <param name="Images">Images of complete imports.</param>
/// <param name="Patients">Their patients.</param>
/// <param name="NotCompared">Images that an earlier version of the program imported, of whose pictures it kept no hash.</param>
/// <param name="IsComplete">False where so many pictures are alike that the search for pairs was broken off.</param>
/// <param name="Parted">Patients on more than one side, by name.</param>
/// <param name="NearDuplicates">Pairs of pictures that are nearly the same, the most alike first.</param>
public sealed record LeakReport(int Images, int Patients, int NotCompared, bool IsComplete, IReadOnlyList<PartedPatient> Parted, IReadOnlyList<NearDuplicate> NearDuplicates)
{
    /// <summary>Pairs on two sides of the split: a model is measured on what it has learned from.</summary>
    public IEnumerable<NearDuplicate> Across => NearDuplicates.Where(pair => pair.IsAcross);

    /// <summary>True where nothing was found on two sides.</summary>
    public bool IsClean => Parted.Count == 0 && !Across.Any();
}

/// <summary>A patient on more than one side of a split.</summary>
/// <param name="Patient">The name.</param>
/// <param name="Splits">The sides.</param>
public sealed record PartedPatient(string Patient, IReadOnlyList<DataSplit> Splits);

/// <summary>Two pictures that are nearly the same.</summary>
/// <param name="First">One of them.</param>
/// <param name="Second">The other.</param>
/// <param name="Difference">Mean absolute difference of the two in small, of 255, brightness aside.</param>
public sealed record NearDuplicate(ComparedImage First, ComparedImage Second, double Difference)
{
    /// <summary>True where they are on two sides of the split.</summary>
    public bool IsAcross => First.Side != Second.Side;
}

/// <summary>An image of a pair.</summary>
/// <param name="Id">Its key.</param>
/// <param name="Patient">Its patient.</param>
/// <param name="Split">Its split.</param>
/// <param name="SourcePath">Path inside the imported folder or archive.</param>
public sealed record ComparedImage(Guid Id, string Patient, DataSplit Split, string SourcePath)
{
    /// <summary>The side of the split: gold is drawn from the training images and may share patients with them.</summary>
    internal DataSplit Side => SideOf(Split);

    internal static DataSplit SideOf(DataSplit split) => split == DataSplit.Gold ? DataSplit.Training : split;
}
