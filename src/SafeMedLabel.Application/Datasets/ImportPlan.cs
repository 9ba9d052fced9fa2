namespace SafeMedLabel.Application.Datasets;

/// <summary>What would be in a project that is not yet.</summary>
/// <param name="Patients">How many patients the images are of.</param>
/// <param name="Classes">Images and patients by class; the last may be 'no class'.</param>
/// <param name="Splits">Images and patients by split.</param>
public sealed record ImportPlan(int Patients, IReadOnlyList<PlannedGroup> Classes, IReadOnlyList<PlannedGroup> Splits);

/// <summary>Images that would go in.</summary>
/// <param name="Name">Their class or split.</param>
/// <param name="Images">How many.</param>
/// <param name="Patients">Of how many patients.</param>
public sealed record PlannedGroup(string Name, int Images, int Patients);
