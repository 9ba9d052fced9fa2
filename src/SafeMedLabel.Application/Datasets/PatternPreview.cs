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
        var names = source.Files.Select(f => new PreviewedName(f.Name, f.Patient ?? pattern.Match(f.Name)));
        var patients = new HashSet<string>(StringComparer.Ordinal);
        var without = 0;
        foreach (var name in names)
        {
            if (name.Patient is null)
            {
                without++;
            }
            else
            {
                patients.Add(name.Patient);
            }
        }

        var shown = Spread(names.Where(n => n.Patient is null), without, most / 2);
        return new PatternPreview(source.FileCount, patients.Count, without, [.. shown, .. Spread(names.Where(n => n.Patient is not null), source.FileCount - without, most - shown.Count)]);
    }

    private static List<PreviewedName> Spread(IEnumerable<PreviewedName> names, int count, int most)
    {
        var places = Enumerable.Range(0, Math.Min(most, count)).Select(i => (int)((long)i * count / Math.Min(most, count))).ToHashSet();
        return [.. names.Index().Where(n => places.Contains(n.Index)).Select(n => n.Item)];
    }
}

/// <summary>A file's name and the patient it tells.</summary>
/// <param name="Name">Last part of the path.</param>
/// <param name="Patient">Null where it tells none.</param>
public sealed record PreviewedName(string Name, string? Patient);
