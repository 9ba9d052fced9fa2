using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A project in a list.</summary>
/// <param name="Id">Key.</param>
/// <param name="Name">Name.</param>
/// <param name="IsSynthetic">True when its images were drawn by a program.</param>
/// <param name="Images">All images.</param>
/// <param name="Patients">Their patients.</param>
/// <param name="PoolSize">Training images, labelled or not.</param>
/// <param name="Labelled">Training images with a class.</param>
/// <param name="LatestCompleted">The last round that ended well, if any.</param>
/// <param name="Active">The round that waits or runs, if any.</param>
public sealed record ProjectSummary(int Id, string Name, bool IsSynthetic, int Images, int Patients, int PoolSize, int Labelled, Round? LatestCompleted, Round? Active);

/// <summary>The size of one split.</summary>
/// <param name="Split">The split.</param>
/// <param name="Images">Images in it.</param>
/// <param name="Patients">Patients in it.</param>
public sealed record SplitCount(DataSplit Split, int Images, int Patients);
