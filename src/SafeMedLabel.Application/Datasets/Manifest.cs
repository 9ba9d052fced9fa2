using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// A table beside the pictures, <c>manifest.csv</c> or <c>manifest.tsv</c>, that names each file and what is known of it: columns <c>path</c>
/// (below the manifest's folder), <c>label</c>, <c>patient</c>, <c>site</c> and <c>split</c>, all but the first optional. Fields are parted by
/// commas, semicolons or tabs, as the first line has them. Files that it does not name are no part of the data set.
/// </summary>
internal static class Manifest
{
    private const int MaxField = 4096;

    private static readonly string[] Endings = [".csv", ".tsv"];
    private static readonly string[] Delimiters = ["\t", ";", ","];
    private static readonly string[] PathColumns = ["path", "file", "filename", "image"];
    private static readonly string[] LabelColumns = ["label", "class"];

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
        var found = listing.Select(e => e.Path)
            .Where(p => IsNamedSo(p) && Path.GetFileNameWithoutExtension(p).Equals("manifest", StringComparison.OrdinalIgnoreCase) && p.Count(c => c == '/') <= 1)
            .GroupBy(p => p.Count(c => c == '/')).OrderBy(g => g.Key).FirstOrDefault()?.ToList();
        return found is null || found.Count == 1 ? found?[0] : throw new DatasetException($"There are {found.Count} manifests, '{found[0]}' and '{found[1]}'; name the one that counts.");
    }

    /// <summary>Reads the manifest and finds the files that it names.</summary>
    /// <param name="path">The manifest's path in the listing.</param>
    /// <param name="listing">All files of the data set.</param>
    /// <exception cref="DatasetException">It is no table, or has no column of paths, or names no file that is there.</exception>
    public static SourceLayout Arrange(string path, IReadOnlyCollection<SourceEntry> listing)
    {
        var folder = path[..(path.LastIndexOf('/') + 1)];
        var entries = listing.Where(e => e.Path.StartsWith(folder, StringComparison.Ordinal)).ToDictionary(e => e.Path, StringComparer.Ordinal);
        var files = new Dictionary<string, SourceFile>(StringComparer.Ordinal);
        var rejected = new List<RejectedFile>();
        foreach (var row in Rows(Text(entries[path])))
        {
            var full = folder + row.Path;
            if (Problem(row, full, entries, files) is { } problem)
            {
                rejected.Add(new RejectedFile(full, string.Create(CultureInfo.InvariantCulture, $"Line {row.Line} of the manifest: {problem}")));
            }
            else
            {
                var entry = entries[full];
                files.Add(full, new SourceFile(full, row.Label, entry.Length, entry.Read)
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
        return SourceLayout.Of(files.Values, rejected, files.Values.Select(f => f.ClassName).OfType<string>(), listing.Any(e => SourceLayout.MarksSynthetic(e.Path, root)));
    }

    private static string Text(SourceEntry manifest)
    {
        try
        {
            using var reader = new StreamReader(new MemoryStream(manifest.Read()), new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true));
            return reader.ReadToEnd();
        }
        catch (ImageRejectedException refused)
        {
            throw new DatasetException($"The manifest cannot be read. {refused.Message}", refused);
        }
        catch (DecoderFallbackException foreign)
        {
            throw new DatasetException("The manifest is not a text in UTF-8; save it as 'CSV UTF-8'.", foreign);
        }
    }

    private static IEnumerable<Row> Rows(string text)
    {
        var firstLine = text.AsSpan(0, text.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? end : text.Length).ToString();
        using var csv = new CsvReader(new StringReader(text), new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            Delimiter = Delimiters.MaxBy(d => firstLine.Count(c => c == d[0]))!,
            TrimOptions = TrimOptions.Trim,
            // A quote that is never closed would swallow the rest of the table as one field.
            MaxFieldSize = MaxField,
            BadDataFound = null,
            MissingFieldFound = null,
        });
        if (!Read(csv) || !csv.ReadHeader())
        {
            throw new DatasetException("The manifest is empty.");
        }

        var columns = csv.HeaderRecord!.Index().GroupBy(h => h.Item.Trim().ToLowerInvariant()).ToDictionary(g => g.Key, g => g.First().Index);
        string? Field(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (columns.TryGetValue(name, out var column))
                {
                    return csv.GetField(column) is { Length: > 0 } value ? value : null;
                }
            }

            return null;
        }

        if (!PathColumns.Any(columns.ContainsKey))
        {
            throw new DatasetException($"The manifest has no column 'path'; its first line names {string.Join(", ", csv.HeaderRecord!.Take(10))}.");
        }

        while (Read(csv))
        {
            var path = Field(PathColumns)?.Replace('\\', '/') ?? "";
            yield return new Row(csv.Parser.RawRow, path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path, Field(LabelColumns), Field("patient"), Field("site"), Field("split"));
        }
    }

    private static bool Read(CsvReader csv)
    {
        try
        {
            return csv.Read();
        }
        catch (MaxFieldSizeException tooLong)
        {
            throw new DatasetException(
                string.Create(CultureInfo.InvariantCulture, $"Line {csv.Parser.RawRow} of the manifest has a field of more than {MaxField} characters; is a quote not closed?"), tooLong);
        }
    }

    private static string? Problem(Row row, string full, Dictionary<string, SourceEntry> entries, Dictionary<string, SourceFile> files) => row switch
    {
        { Path.Length: 0 } => "it names no file.",
        _ when SourcePath.LeadsOut(row.Path) => "the name leads out of the data set.",
        _ when !entries.TryGetValue(full, out var entry) => "there is no such file.",
        _ when entries[full].Refusal is { } refusal => refusal,
        _ when files.ContainsKey(full) => "an earlier line names the same file.",
        { Label.Length: > ProjectClass.MaxName } => $"a label has at most {ProjectClass.MaxName} characters.",
        { Patient.Length: > ProjectImage.MaxPatient } => $"a patient has at most {ProjectImage.MaxPatient} characters.",
        { Site.Length: > DatasetImport.MaxSite } => $"a site has at most {DatasetImport.MaxSite} characters.",
        { Split: { } split } when !Splits.ContainsKey(split) => "the split is training, calibration, validation, test, or nothing.",
        _ => null,
    };

    private sealed record Row(int Line, string Path, string? Label, string? Patient, string? Site, string? Split);
}
