namespace SafeMedLabel.Application.Datasets.Demo;

/// <summary>What was drawn.</summary>
/// <param name="Folder">Full path of the demo set.</param>
/// <param name="Parasitized">Number of cells with a parasite.</param>
/// <param name="Uninfected">Number of cells without.</param>
/// <param name="Patients">Number of synthetic patients.</param>
/// <param name="Seed">The seed that draws the same set again.</param>
public sealed record DemoSummary(string Folder, int Parasitized, int Uninfected, int Patients, ulong Seed);
