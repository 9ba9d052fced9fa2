using SafeMedLabel.Application.Naming;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Finds the class folders among a data set's paths and sorts the files into them.</summary>
internal static class ClassLayout
{
    private const string Expected =
        "Expected is one folder per class with the pictures in it, for example Parasitized/… and Uninfected/…, at the top or one folder down; or a manifest.csv beside the pictures.";

    /// <summary>Takes the files in class folders.</summary>
    /// <exception cref="DatasetException">Fewer than two class folders, or too many files that must not be read.</exception>
    public static SourceLayout Find(SourceCatalogue catalogue, SourceLimits limits, CancellationToken cancellationToken)
    {
        var root = FindRoot(Candidates(catalogue).Select(candidate => candidate.Parts));
        var classNames = new SortedSet<string>(StringComparer.Ordinal);
        var remarks = new SourceRemarks();
        var misnamed = new List<RejectedFile>();
        remarks.Know(Candidates(catalogue).Select(c => ClassOf(c.Parts, root)).OfType<string>().Select(folder => TextRule.Clean(folder))
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal));
        foreach (var (id, entry, parts) in Candidates(catalogue))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (ClassOf(parts, root) is { } folder)
            {
                var className = TextRule.Clean(folder);
                if (ProjectClass.NameRule.Fault(className) is { } fault)
                {
                    if (entry.Refusal is null)
                    {
                        misnamed.Add(new RejectedFile(entry.Path, $"The name of its class folder {fault}."));
                    }

                    continue;
                }

                className = remarks.Class(className)!;
                classNames.Add(className);
                if (entry.Refusal is null)
                {
                    catalogue.Take(id, className);
                }
            }
        }

        List<RejectedFile> rejected =
        [
            .. Shown(catalogue).Where(shown => shown.Entry.Refusal is not null).Select(shown => new RejectedFile(shown.Entry.Path, shown.Entry.Refusal!)).Concat(misnamed).Take(limits.MaxRejected + 1),
        ];
        if (rejected.Count > limits.MaxRejected)
        {
            throw limits.TooManyRejected(rejected[0]);
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

        if (classNames.FirstOrDefault(name => name.Length > ProjectClass.MaxName) is { } tooLong)
        {
            throw new DatasetException($"A class is called by at most {ProjectClass.MaxName} characters; '{tooLong[..ProjectClass.MaxName]}…' is longer.");
        }

        return SourceLayout.Of(rejected, classNames, SourceLayout.IsMarkedSynthetic(catalogue, root), remarks);
    }

    private static IEnumerable<(long Id, SourceEntry Entry, string[] Parts)> Shown(SourceCatalogue catalogue) =>
        catalogue.Entries.Select(e => (e.Id, e.Entry, Parts: e.Entry.Path.Split('/'))).Where(e => !e.Parts.Any(SourceLayout.IsHidden));

    private static IEnumerable<(long Id, SourceEntry Entry, string[] Parts)> Candidates(SourceCatalogue catalogue) =>
        Shown(catalogue).Where(shown => !SourcePath.LeadsOut(shown.Entry.Path));

    /// <summary>Steps down through folders that are alone and hold folders themselves: <c>cell_images/Parasitized/…</c>.</summary>
    private static string[] FindRoot(IEnumerable<string[]> paths)
    {
        // The folders that all files share that lie in them or deeper, and how deep the deepest file lies.
        var shared = new List<string>();
        var end = int.MaxValue;
        var deepest = 0;
        foreach (var parts in paths)
        {
            deepest = Math.Max(deepest, parts.Length);
            for (var depth = 0; depth < Math.Min(parts.Length - 1, end); depth++)
            {
                if (depth == shared.Count)
                {
                    shared.Add(parts[depth]);
                }
                else if (shared[depth] != parts[depth])
                {
                    end = depth;
                }
            }
        }

        return [.. shared.Take(Math.Clamp(deepest - 2, 0, end))];
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
