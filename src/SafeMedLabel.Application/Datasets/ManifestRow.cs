using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Datasets;

/// <summary>What a manifest says of a file.</summary>
/// <param name="Place">Where it says so: 'Line 3', 'Task 3'.</param>
/// <param name="Path">The file's path below the manifest's folder, with <c>/</c> between its parts.</param>
/// <param name="Label">The class; null where it gives none.</param>
/// <param name="Patient">The patient; null where it does not say.</param>
/// <param name="Site">Where it was taken; null where it does not say.</param>
/// <param name="Split">The name of a split; null where it does not say.</param>
internal sealed record ManifestRow(string Place, string Path, string? Label, string? Patient, string? Site, string? Split)
{
    /// <summary>The class apart from what readers said, which counts where their answers come along; null where there is none.</summary>
    public string? Reference { get; init; } = Label;

    /// <summary>The same with its names as they are kept; the path stays as the file is called.</summary>
    public ManifestRow Clean() => this with { Label = Clean(Label), Reference = Clean(Reference), Patient = Clean(Patient), Site = Clean(Site) };

    private static string? Clean(string? name) => name is null ? null : TextRule.Clean(name) is { Length: > 0 } clean ? clean : null;
}
