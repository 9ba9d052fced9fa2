using System.Text.Json;

namespace SafeMedLabel.Application.Datasets.Patches;

/// <summary>The folder in which a data set lies once its large pictures are cut, with a manifest that says of which class and patient each patch is.</summary>
/// <param name="Cut">Pictures that were cut.</param>
/// <param name="Patches">Patches of them.</param>
/// <param name="Blank">Patches with nothing on them, which were left out.</param>
/// <param name="Rejected">Files that could not be read.</param>
public sealed record PatchSet(int Cut, int Patches, int Blank, IReadOnlyList<RejectedFile> Rejected)
{
    private const string MarkName = ".cut";

    /// <summary>Of what it was made, and how: patches that were made of something else are none of this.</summary>
    public string Recipe { get; init; } = "";

    /// <summary>What is in a folder; null where it is not whole, or was made by another recipe.</summary>
    public static PatchSet? In(string folder, string recipe)
    {
        var mark = Path.Combine(folder, MarkName);
        try
        {
            return File.Exists(mark) && JsonSerializer.Deserialize<PatchSet>(File.ReadAllText(mark)) is { Rejected: not null } set && set.Recipe == recipe ? set : null;
        }
        catch (JsonException)
        {
            // A power failure cut it short.
            return null;
        }
    }

    /// <summary>Marks a folder as whole, once all that is in it lies on the disk.</summary>
    public void Mark(string folder)
    {
        ContentStore.Settle(folder);
        File.WriteAllText(Path.Combine(folder, MarkName), JsonSerializer.Serialize(this));
    }
}
