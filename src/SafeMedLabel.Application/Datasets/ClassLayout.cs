namespace SafeMedLabel.Application.Datasets;

/// <summary>Finds the class folders among a data set's paths and sorts the files into them.</summary>
internal static class ClassLayout
{
    private const string Expected =
        "Expected is one folder per class with the pictures in it, for example Parasitized/… and Uninfected/…, at the top or one folder down; or a manifest.csv beside the pictures.";

    /// <exception cref="DatasetException">Fewer than two class folders.</exception>
    public static SourceLayout Find(IReadOnlyCollection<SourceEntry> listing)
    {
        var rejected = new List<RejectedFile>();
        var candidates = new List<(SourceEntry Entry, string[] Parts)>();
        foreach (var entry in listing)
        {
            var parts = entry.Path.Split('/');
            if (!parts.Any(SourceLayout.IsHidden))
            {
                if (entry.Refusal is not null)
                {
                    rejected.Add(new RejectedFile(entry.Path, entry.Refusal));
                }

                if (!SourcePath.LeadsOut(entry.Path))
                {
                    candidates.Add((entry, parts));
                }
            }
        }

        var root = FindRoot(candidates.Select(candidate => candidate.Parts));
        var files = new List<SourceFile>();
        var classNames = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var (entry, parts) in candidates)
        {
            if (ClassOf(parts, root) is not { } className)
            {
                continue;
            }

            classNames.Add(className);
            if (entry.Refusal is null && classNames.TryGetValue(className, out var shared))
            {
                // All files of a class hold one name, not each its own copy.
                files.Add(new SourceFile(shared, entry));
            }
        }

        if (classNames.Count < 2)
        {
            var found = classNames.Count == 0
                ? "No class folder with files in it was found."
                : $"Only one class folder was found ('{classNames.Min}'); importing needs at least two.";
            var refused = rejected.Count > 0
                ? FormattableString.Invariant($" Refused: {rejected.Count}, the first '{rejected[0].Path}': {rejected[0].Reason}")
                : "";
            throw new DatasetException($"{found} {Expected}{refused}");
        }

        return SourceLayout.Of(files, rejected, classNames, listing.Any(entry => SourceLayout.MarksSynthetic(entry.Path, root)));
    }

    /// <summary>Steps down through folders that are alone and hold folders themselves: <c>cell_images/Parasitized/…</c>.</summary>
    private static string[] FindRoot(IEnumerable<string[]> paths)
    {
        var inside = paths.ToList();
        var depth = 0;
        while (true)
        {
            inside = [.. inside.Where(parts => parts.Length > depth + 1)];
            if (inside.Count == 0 || inside.Any(parts => parts[depth] != inside[0][depth]) || !inside.Exists(parts => parts.Length > depth + 2))
            {
                return inside.Count == 0 ? [] : inside[0][..depth];
            }

            depth++;
        }
    }

    /// <summary>
    /// The class folder's name, or null for a file that lies in none. The NIH's own zip holds its folder twice, as
    /// <c>cell_images/cell_images/…</c>: the inner one's classes are the outer one's.
    /// </summary>
    private static string? ClassOf(string[] parts, string[] root)
    {
        if (parts.Length <= root.Length + 1 || !parts.AsSpan(0, root.Length).SequenceEqual(root))
        {
            return null;
        }

        var place = root.Length > 0 && parts[root.Length] == root[^1] ? root.Length + 1 : root.Length;
        return place < parts.Length - 1 ? parts[place] : null;
    }
}
