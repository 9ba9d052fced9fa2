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
    /// <param name="remarks">Hears of names that are taken otherwise than they are written.</param>
    public ManifestRow Clean(SourceRemarks remarks)
    {
        var label = Class(Label);
        return this with
        {
            Label = label,
            Reference = Reference == Label ? label : Class(Reference),
            Patient = remarks.NameOrNothing(Clean(Patient), "patient"),
            Site = remarks.NameOrNothing(Clean(Site), "site"),
            Split = remarks.NameOrNothing(Split, "split"),
        };

        string? Class(string? name) => remarks.Class(remarks.NameOrNothing(Clean(name), "label"));
    }

    private static string? Clean(string? name) => name is null ? null : TextRule.Clean(name) is { Length: > 0 } clean ? clean : null;
}
