namespace SafeMedLabel.Application.Monitoring;

/// <summary>Images that came together, held against training data from elsewhere.</summary>
/// <param name="ImportId">The import; null where the group is a site's.</param>
/// <param name="Name">The import's source, or the site.</param>
/// <param name="Site">Where an import was taken; null where nobody said.</param>
/// <param name="Images">Images in it.</param>
/// <param name="Patients">Their patients.</param>
/// <param name="Unmeasured">Images whose colour is not known: an earlier version of the program imported them.</param>
/// <param name="Findings">By quantity; those of which too few patients are known are missing.</param>
public sealed record DriftGroup(int? ImportId, string Name, string? Site, int Images, int Patients, int Unmeasured, IReadOnlyList<DriftFinding> Findings)
{
    /// <summary>What the group is, in a sentence's subject. Without the source's name, which may name a patient: alarms leave the house.</summary>
    public string Subject => this switch
    {
        { ImportId: null } => $"Site '{Name}'",
        { Site: { } site } => $"Import {ImportId} of {site}",
        _ => $"Import {ImportId}",
    };
}
