using System.Text;
using System.Text.RegularExpressions;
using CsvHelper;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// How tables are written that people open in spreadsheets: a text that would be taken for a formula gets an apostrophe before it
/// (https://owasp.org/www-community/attacks/CSV_Injection), and so does one that begins with an apostrophe, so that it can be told which were added.
/// Spreadsheets of many languages part fields at semicolons, and then see a quote inside a line as any other sign: so what follows a semicolon, a tab or the
/// end of a line counts as a text of its own. figures.js marks the tables that the page itself makes by the same rule.
/// </summary>
internal static partial class SafeCsv
{
    /// <summary>Where a cell may begin.</summary>
    private const string Beginning = @"(?<=^|[;\t\r\n])";

    /// <summary>What a cell begins with that is a formula, or was marked. Quotes and spaces may be lost before it; = + - @ may have full width.</summary>
    private const string Formula = @"(?=[ ""]*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20\t\r\n'])";

    /// <summary>Begins a table that people open: UTF-8 with the mark by which spreadsheets know it. The stream stays open.</summary>
    public static CsvWriter Write(Stream stream) =>
        new SafeCsvWriter(new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true));

    /// <summary>Writes a line.</summary>
    public static void WriteRow(this CsvWriter csv, params ReadOnlySpan<string?> fields)
    {
        foreach (var field in fields)
        {
            csv.WriteField(field);
        }

        csv.NextRecord();
    }

    /// <summary>What is written of a field: with an apostrophe before whatever would be taken for a formula.</summary>
    public static string Marked(string field) => Unmarked().Replace(field, "'");

    /// <summary>What was written, of what is read: without the apostrophes that were added.</summary>
    public static string Plain(string field) => Mark().Replace(field, "");

    [GeneratedRegex(Beginning + Formula)]
    private static partial Regex Unmarked();

    [GeneratedRegex(Beginning + "'" + Formula)]
    private static partial Regex Mark();
}
