using System.Text;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// A file beside the pictures that names each of them, by its path below the manifest's folder, and what is known of it: a table
/// (<see cref="ManifestTable"/>) or Label Studio's tasks (<see cref="LabelStudioTasks"/>). Files that it does not name are no part of the data set,
/// but for the answers of readers beside it (<see cref="ReadingTable"/>).
/// </summary>
internal static class Manifest
{
    /// <summary>What a manifest is called that nobody names: other programs call theirs manifest.json.</summary>
    private static readonly string[] Names = ["manifest.csv", "manifest.tsv", "label-studio.json"];

    private static readonly string[] Endings = [".csv", ".tsv", ".json"];

    private static readonly Dictionary<string, DataSplit> Splits = new(StringComparer.OrdinalIgnoreCase)
    {
        ["training"] = DataSplit.Training,
        ["train"] = DataSplit.Training,
        ["calibration"] = DataSplit.Calibration,
        ["validation"] = DataSplit.Validation,
        ["val"] = DataSplit.Validation,
        ["test"] = DataSplit.Test,
    };

    /// <summary>Whether a path ends as a manifest's does.</summary>
    public static bool IsNamedSo(string path) => Endings.Contains(Path.GetExtension(path).ToLowerInvariant());

    /// <summary>The path of the manifest at the top of a data set or one folder down; null where there is none.</summary>
    /// <exception cref="DatasetException">There is more than one.</exception>
    public static string? FindIn(SourceCatalogue catalogue)
    {
        var found = catalogue.Entries.Select(e => e.Entry.Path).Where(p => Names.Contains(Path.GetFileName(p).ToLowerInvariant()) && p.Count(c => c == '/') <= 1)
            .GroupBy(p => p.Count(c => c == '/')).OrderBy(g => g.Key).FirstOrDefault()?.ToList();
        return found is null || found.Count == 1 ? found?[0] : throw new DatasetException($"There are {found.Count} manifests, '{found[0]}' and '{found[1]}'; name the one that counts.");
    }

    /// <summary>Reads the manifest and takes the files that it names.</summary>
    /// <param name="path">The manifest's path in the listing.</param>
    /// <param name="source">The data set, of which nothing is taken yet.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatasetException">It is neither a table nor tasks, has no column of paths, or names no file that is there.</exception>
    public static SourceLayout Arrange(string path, DatasetSource source, CancellationToken cancellationToken)
    {
        var catalogue = source.Catalogue;
        var folder = path[..(path.LastIndexOf('/') + 1)];
        var rejected = new List<RejectedFile>();
        var remarks = new SourceRemarks();

        // Where readers' answers come along, the label is what they come to, and only the class apart from them is the picture's own.
        var readings = catalogue.Find(folder + ReadingTable.FileName) is { } beside
            ? Read(source, ReadingTable.Name, beside.Entry, open => ReadingTable.Of(beside.Entry.Path, open(), source.Limits, cancellationToken), cancellationToken)
            : null;
        var classNames = new HashSet<string>(StringComparer.Ordinal);
        var entry = catalogue.Find(path)!.Value.Entry;
        if (IsTasks(path) && entry.Length > FileContent.MaxHeld)
        {
            throw new DatasetException(FormattableString.Invariant($"The manifest is larger than {FileContent.MaxHeld >> 20} MiB; only a table may be."));
        }

        var files = new LabelStudioFiles(catalogue, folder, remarks);
        remarks.Know((readings?.Readings ?? []).Select(r => r.Answer).OfType<string>());
        Read(source, ManifestTable.Name, entry, open =>
        {
            string? question = null;
            if (IsTasks(path))
            {
                using var first = open();
                question = LabelStudioTasks.Question(first, remarks, source.Limits, cancellationToken);
            }

            using var text = open();
            var rows = IsTasks(path) ? LabelStudioTasks.Rows(text, files, question) : ManifestTable.Rows(text).Select(files.Named);
            foreach (var row in rows.Select(row => row.Clean(remarks)))
            {
                cancellationToken.ThrowIfCancellationRequested();
                var own = readings is null ? row.Label : row.Reference;
                if (Take(row, folder + row.Path, own, catalogue) is { } problem)
                {
                    rejected.Add(new RejectedFile(folder + row.Path, $"{row.Place} of the manifest: {problem}"));
                }
                else
                {
                    classNames.UnionWith(new[] { row.Label, own }.OfType<string>());
                }

                if (classNames.Count > source.Limits.MaxLabels)
                {
                    throw new DatasetException(FormattableString.Invariant($"The manifest has more than {source.Limits.MaxLabels:N0} different labels; is that the right column?"));
                }

                if (rejected.Count > source.Limits.MaxRejected)
                {
                    throw source.Limits.TooManyRejected(rejected[0]);
                }

                if (catalogue.FileCount + rejected.Count > source.Limits.MaxFiles)
                {
                    throw new DatasetException(FormattableString.Invariant($"The manifest names more than {source.Limits.MaxFiles:N0} files."));
                }
            }

            return true;
        }, cancellationToken);
        if (catalogue.FileCount == 0)
        {
            throw new DatasetException(rejected.Count == 0 ? "The manifest names no files." : $"The manifest names no file that can be taken. {rejected[0].Reason}");
        }

        readings = readings is null ? null : readings with { Readings = [.. readings.Readings.Select(r => r with { Answer = remarks.Class(r.Answer), Unaided = remarks.Class(r.Unaided) })] };
        classNames.UnionWith((readings?.Readings ?? []).SelectMany(r => new[] { r.Answer, r.Unaided }).OfType<string>());
        return SourceLayout.Of(rejected, classNames, SourceLayout.IsMarkedSynthetic(catalogue, folder.Split('/', StringSplitOptions.RemoveEmptyEntries)), remarks, readings);
    }

    private static bool IsTasks(string path) => Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a text of the data set, which may be opened more than once.</summary>
    private static T Read<T>(DatasetSource source, string name, SourceEntry entry, Func<Func<TextReader>, T> read, CancellationToken cancellationToken)
    {
        if (entry.Refusal is { } refusal)
        {
            throw new DatasetException($"The {name} cannot be read. {refusal}");
        }

        try
        {
            using var content = source.OpenText(entry, cancellationToken);
            return read(() => new StreamReader(content.OpenRead(), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true)));
        }
        catch (ImageRejectedException refused)
        {
            throw new DatasetException($"The {name} cannot be read. {refused.Message}", refused);
        }
        catch (DecoderFallbackException foreign)
        {
            throw new DatasetException($"The {name} is not a text in UTF-8; save it as 'CSV UTF-8'.", foreign);
        }
    }

    /// <summary>Takes the file that a row names; says why it does not.</summary>
    private static string? Take(ManifestRow row, string path, string? className, SourceCatalogue catalogue)
    {
        if (row.Path.Length == 0)
        {
            return "it names no file.";
        }

        if (SourcePath.LeadsOut(row.Path))
        {
            return "the name leads out of the data set.";
        }

        // A zip may hold two files of one name: the first counts, as it does where it is unpacked without overwriting.
        return catalogue.Find(path) is not { } found ? "there is no such file."
            : found.Entry.Refusal ?? Problem(row)
            ?? catalogue.Take(found.Id, className, row.Patient, row.Site, row.Split is null ? null : Splits[row.Split]);
    }

    private static string? Problem(ManifestRow row) => row switch
    {
        { Label.Length: > ProjectClass.MaxName } or { Reference.Length: > ProjectClass.MaxName } => $"a label has at most {ProjectClass.MaxName} characters.",
        { Patient.Length: > ProjectImage.MaxPatient } => $"a patient has at most {ProjectImage.MaxPatient} characters.",
        { Site.Length: > DatasetImport.MaxSite } => $"a site has at most {DatasetImport.MaxSite} characters.",
        { Split: { } split } when !Splits.ContainsKey(split) => "the split is training, calibration, validation, test, or nothing.",
        _ => Flaw("a label", row.Label) ?? Flaw("a label", row.Reference) ?? Flaw("a patient", row.Patient) ?? Flaw("a site", row.Site),
    };

    private static string? Flaw(string what, string? name) => name is not null && TextRule.Flaw(name) is { } flaw ? $"{what} {flaw}." : null;
}
