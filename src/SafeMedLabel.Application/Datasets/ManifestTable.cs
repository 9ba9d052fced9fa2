namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// A manifest that is a table: columns <c>path</c>, <c>label</c>, <c>patient</c>, <c>site</c>, <c>split</c> and <c>reference</c>, all but the first
/// optional.
/// </summary>
internal static class ManifestTable
{
    /// <summary>What sentences call a manifest.</summary>
    public const string Name = "manifest";

    private static readonly string[] PathColumns = ["path", "file", "filename", "image"];
    private static readonly string[] LabelColumns = ["label", "class", "choice"];

    /// <summary>Its lines.</summary>
    /// <exception cref="DatasetException">It is no table, or has no column of paths.</exception>
    public static IEnumerable<ManifestRow> Rows(TextReader text)
    {
        using var table = new SourceTable(Name, text);
        if (!PathColumns.Any(table.Has))
        {
            throw new DatasetException($"The manifest has no column 'path'; its first line names {string.Join(", ", table.Columns.Take(10))}.");
        }

        while (table.Read())
        {
            var path = table.Field(PathColumns)?.Replace('\\', '/') ?? "";
            yield return new ManifestRow(table.Place, path.StartsWith("./", StringComparison.Ordinal) ? path[2..] : path, table.Field(LabelColumns), table.Field("patient"), table.Field("site"), table.Field("split"))
            {
                Reference = table.Has("reference") ? table.Field("reference") : table.Field(LabelColumns),
            };
        }
    }
}
