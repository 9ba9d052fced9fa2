using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// A manifest that is a table: columns <c>path</c>, <c>label</c>, <c>patient</c>, <c>site</c> and <c>split</c>, all but the first optional. Fields are
/// parted by commas, semicolons or tabs, as the first line has them.
/// </summary>
internal static class ManifestTable
{
    private const int MaxField = 4096;

    private static readonly string[] Delimiters = ["\t", ";", ","];
    private static readonly string[] PathColumns = ["path", "file", "filename", "image"];
    private static readonly string[] LabelColumns = ["label", "class"];

    /// <summary>Its lines.</summary>
    /// <exception cref="DatasetException">It is no table, or has no column of paths.</exception>
    public static IEnumerable<ManifestRow> Rows(string text)
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
                    return csv.GetField(column) is { Length: > 0 } value ? SafeCsv.Plain(value) : null;
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
            yield return new ManifestRow(string.Create(CultureInfo.InvariantCulture, $"Line {csv.Parser.RawRow}"), path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path, Field(LabelColumns), Field("patient"), Field("site"), Field("split"));
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
}
