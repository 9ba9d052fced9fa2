namespace SafeMedLabel.Application.Monitoring;

/// <summary>Of whom and of what a project's labels are.</summary>
/// <param name="Classes">In index order.</param>
/// <param name="Patients">Of the training split, the least labelled first.</param>
public sealed record LabelBalance(IReadOnlyList<ClassLabels> Classes, IReadOnlyList<PatientLabels> Patients)
{
    /// <summary>All labels.</summary>
    public int Labels => Classes.Sum(c => c.Labels);

    /// <summary>Patients of whom nothing is labelled.</summary>
    public int PatientsWithout => Patients.Count(p => p.Labels == 0);

    /// <summary>Classes that have less than half of what they would have if all had as many.</summary>
    public IReadOnlyList<ClassLabels> Scarce => [.. Classes.Where(c => 2 * c.Labels * Classes.Count < Labels)];
}

/// <summary>Labels of a class.</summary>
/// <param name="Name">Of the class.</param>
/// <param name="Labels">How many.</param>
/// <param name="Patients">Of how many patients.</param>
public sealed record ClassLabels(string Name, int Labels, int Patients);

/// <summary>Labels of a patient.</summary>
/// <param name="Patient">As imported.</param>
/// <param name="Images">Training images.</param>
/// <param name="Labels">Those that have a label.</param>
public sealed record PatientLabels(string Patient, int Images, int Labels);
