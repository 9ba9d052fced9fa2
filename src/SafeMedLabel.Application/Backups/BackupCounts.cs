namespace SafeMedLabel.Application.Backups;

/// <summary>How much a backup's database holds.</summary>
/// <param name="Projects">Projects.</param>
/// <param name="Images">Images of all projects.</param>
/// <param name="Labels">Everything readers ever said, undone answers included.</param>
/// <param name="Models">Models of completed rounds.</param>
public sealed record BackupCounts(int Projects, int Images, int Labels, int Models);
