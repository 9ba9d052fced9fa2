using System.Buffers;
using System.Globalization;
using CsvHelper;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// Writes a table with commas that programs may part at other signs: what looks like a formula to any of them is marked (<see cref="SafeCsv.Marked"/>),
/// and a field that holds such a sign is quoted.
/// </summary>
/// <param name="text">What is written to; closed with this.</param>
internal sealed class SafeCsvWriter(TextWriter text) : CsvWriter(text, CultureInfo.InvariantCulture)
{
    private static readonly SearchValues<char> Separators = SearchValues.Create(";\t");

    /// <inheritdoc />
    public override void WriteField(string? field, bool shouldQuote)
    {
        var marked = field is null ? null : SafeCsv.Marked(field);
        base.WriteField(marked, shouldQuote || marked != field || marked.AsSpan().ContainsAny(Separators));
    }
}
