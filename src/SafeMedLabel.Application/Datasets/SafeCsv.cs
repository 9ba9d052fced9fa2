using System.Globalization;
using System.Text;
using CsvHelper;
using CsvHelper.Configuration;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// How tables are written that people open in spreadsheets: a text that would be taken for a formula gets an apostrophe before it
/// (https://owasp.org/www-community/attacks/CSV_Injection), and so does one that begins with an apostrophe, so that it can be told which were added.
/// </summary>
internal static class SafeCsv
{
    private const char Mark = '\'';

    private static readonly char[] Marked = ['=', '+', '-', '@', '\t', '\r', Mark];

    /// <summary>For writing.</summary>
    public static CsvConfiguration Configuration { get; } = new(CultureInfo.InvariantCulture)
    {
        InjectionOptions = InjectionOptions.Escape,
        InjectionCharacters = Marked,
        InjectionEscapeCharacter = Mark,
    };

    /// <summary>Begins a table that people open: UTF-8 with the mark by which spreadsheets know it. The stream stays open.</summary>
    public static CsvWriter Write(Stream stream) => new(new StreamWriter(stream, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true), Configuration);

    /// <summary>Writes a line.</summary>
    public static void WriteRow(this CsvWriter csv, params ReadOnlySpan<string?> fields)
    {
        foreach (var field in fields)
        {
            csv.WriteField(field);
        }

        csv.NextRecord();
    }

    /// <summary>What was written, of what is read: without the apostrophe that was added.</summary>
    public static string Plain(string field) => field.Length > 1 && field[0] == Mark && Marked.Contains(field[1]) ? field[1..] : field;
}
