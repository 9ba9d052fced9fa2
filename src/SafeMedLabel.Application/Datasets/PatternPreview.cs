namespace SafeMedLabel.Application.Datasets;

/// <summary>What a patient pattern finds in the names of a source.</summary>
/// <param name="Files">Files that the source has.</param>
/// <param name="Patients">Different patients that the names, or the manifest, tell.</param>
/// <param name="Without">Files of which nothing tells a patient.</param>
/// <param name="Names">Some of the names, spread over the source; those of which nothing tells a patient come first.</param>
public sealed record PatternPreview(int Files, int Patients, int Without, IReadOnlyList<PreviewedName> Names)
{
    /// <exception cref="DatasetException">The source cannot be read, or the pattern takes too long.</exception>
    internal static PatternPreview Of(string path, PatientPattern pattern, int most)
    {
        using var source = DatasetSource.Open(path);
        var names = source.Files.Select(f => new PreviewedName(f.Name, f.Patient ?? pattern.Match(f.Name))).ToList();
        var without = names.Where(n => n.Patient is null).ToList();
        var shown = Spread(without, most / 2);
        return new PatternPreview(
            names.Count,
            names.Select(n => n.Patient).OfType<string>().Distinct(StringComparer.Ordinal).Count(),
            without.Count,
            [.. shown, .. Spread([.. names.Where(n => n.Patient is not null)], most - shown.Count)]);
    }

    private static List<PreviewedName> Spread(List<PreviewedName> names, int most) =>
        [.. Enumerable.Range(0, Math.Min(most, names.Count)).Select(i => names[(int)((long)i * names.Count / Math.Min(most, names.Count))])];
}

/// <summary>A file's name and the patient it tells.</summary>
/// <param name="Name">Last part of the path.</param>
/// <param name="Patient">Null where it tells none.</param>
public sealed record PreviewedName(string Name, string? Patient);
