namespace SafeMedLabel.Application.Datasets;

/// <summary>What would be in a project that is not yet.</summary>
/// <param name="Patients">How many patients the images are of.</param>
/// <param name="Classes">Images and patients by class; the last may be 'no class'.</param>
/// <param name="Splits">Images and patients by split.</param>
/// <param name="NearDuplicates">Those among them, and with what is in already; null where an earlier version of the program made the plan.</param>
public sealed record ImportPlan(int Patients, IReadOnlyList<PlannedGroup> Classes, IReadOnlyList<PlannedGroup> Splits, PlannedPairs? NearDuplicates = null);

/// <summary>Images that would go in.</summary>
/// <param name="Name">Their class or split.</param>
/// <param name="Images">How many.</param>
/// <param name="Patients">Of how many patients.</param>
public sealed record PlannedGroup(string Name, int Images, int Patients);

/// <summary>Pictures that are nearly the same, at least one of each pair not in yet.</summary>
/// <param name="Count">How many pairs.</param>
/// <param name="Across">How many of them would be on two sides of the split.</param>
/// <param name="AreAll">False where so many pictures are alike that the search was broken off.</param>
/// <param name="Shown">The first of them: those on two sides before the others, then the most alike.</param>
public sealed record PlannedPairs(int Count, int Across, bool AreAll, IReadOnlyList<PlannedPair> Shown);

/// <summary>Two pictures that are nearly the same.</summary>
/// <param name="First">Path of the one inside its source.</param>
/// <param name="Second">Path of the other.</param>
/// <param name="IsAcross">Whether they would be on two sides of the split.</param>
/// <param name="Difference">Mean absolute difference of the two in small, of 255, brightness aside.</param>
public sealed record PlannedPair(string First, string Second, bool IsAcross, double Difference);
