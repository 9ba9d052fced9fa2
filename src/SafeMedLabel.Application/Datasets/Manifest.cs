using System.Text;
using SafeMedLabel.Application.Imaging;
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
    public static string? FindAmong(IEnumerable<SourceEntry> listing)
    {
        var found = listing.Select(e => e.Path).Where(p => Names.Contains(Path.GetFileName(p).ToLowerInvariant()) && p.Count(c => c == '/') <= 1)
            .GroupBy(p => p.Count(c => c == '/')).OrderBy(g => g.Key).FirstOrDefault()?.ToList();
        return found is null || found.Count == 1 ? found?[0] : throw new DatasetException($"There are {found.Count} manifests, '{found[0]}' and '{found[1]}'; name the one that counts.");
    }

    /// <summary>Reads the manifest and finds the files that it names.</summary>
    /// <param name="path">The manifest's path in the listing.</param>
    /// <param name="listing">All files of the data set.</param>
    /// <exception cref="DatasetException">It is neither a table nor tasks, has no column of paths, or names no file that is there.</exception>
    public static SourceLayout Arrange(string path, IReadOnlyCollection<SourceEntry> listing)
    {
        var folder = path[..(path.LastIndexOf('/') + 1)];
        // A zip may hold two files of one name: the first counts, as it does where it is unpacked without overwriting.
        var entries = listing.Where(e => e.Path.StartsWith(folder, StringComparison.Ordinal)).DistinctBy(e => e.Path).ToDictionary(e => e.Path, StringComparer.Ordinal);
        var files = new Dictionary<string, SourceFile>(StringComparer.Ordinal);
        var rejected = new List<RejectedFile>();
        var text = Text("manifest", entries[path]);
        // Where readers' answers come along, the label is what they come to, and only the class apart from them is the picture's own.
        var readings = entries.TryGetValue(folder + ReadingTable.FileName, out var beside) ? ReadingTable.Of(beside.Path, Text("table of readings", beside)) : null;
        var classNames = new HashSet<string>(StringComparer.Ordinal);
        var rows = Path.GetExtension(path).Equals(".json", StringComparison.OrdinalIgnoreCase) ? LabelStudioTasks.Rows(text, file => entries.ContainsKey(folder + file)) : ManifestTable.Rows(text);
        foreach (var row in rows)
        {
            var full = folder + row.Path;
            if (Problem(row, full, entries, files) is { } problem)
            {
                rejected.Add(new RejectedFile(full, $"{row.Place} of the manifest: {problem}"));
            }
            else
            {
                var entry = entries[full];
                var own = readings is null ? row.Label : row.Reference;
                classNames.UnionWith(new[] { row.Label, own }.OfType<string>());
                files.Add(full, new SourceFile(own, entry)
                {
                    Patient = row.Patient,
                    Site = row.Site,
                    Split = row.Split is null ? null : Splits[row.Split],
                });
            }
        }

        if (files.Count == 0)
        {
            throw new DatasetException(rejected.Count == 0 ? "The manifest names no files." : $"The manifest names no file that can be taken. {rejected[0].Reason}");
        }

        var root = folder.Split('/', StringSplitOptions.RemoveEmptyEntries);
        classNames.UnionWith((readings?.Readings ?? []).SelectMany(r => new[] { r.Answer, r.Unaided }).OfType<string>());
        return SourceLayout.Of(files.Values, rejected, classNames, listing.Any(e => SourceLayout.MarksSynthetic(e.Path, root)), readings);
    }

    private static string Text(string name, SourceEntry entry)
    {
        if (entry.Refusal is { } refusal)
        {
            throw new DatasetException($"The {name} cannot be read. {refusal}");
        }

        try
        {
            using var reader = new StreamReader(new MemoryStream(entry.Read()), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return reader.ReadToEnd();
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

    private static string? Problem(ManifestRow row, string full, Dictionary<string, SourceEntry> entries, Dictionary<string, SourceFile> files) => row switch
    {
        { Path.Length: 0 } => "it names no file.",
        _ when SourcePath.LeadsOut(row.Path) => "the name leads out of the data set.",
        _ when !entries.ContainsKey(full) => "there is no such file.",
        _ when entries[full].Refusal is { } refusal => refusal,
        _ when files.ContainsKey(full) => "an earlier one names the same file.",
        { Label.Length: > ProjectClass.MaxName } or { Reference.Length: > ProjectClass.MaxName } => $"a label has at most {ProjectClass.MaxName} characters.",
        { Patient.Length: > ProjectImage.MaxPatient } => $"a patient has at most {ProjectImage.MaxPatient} characters.",
        { Site.Length: > DatasetImport.MaxSite } => $"a site has at most {DatasetImport.MaxSite} characters.",
        { Split: { } split } when !Splits.ContainsKey(split) => "the split is training, calibration, validation, test, or nothing.",
        _ => null,
    };
}
