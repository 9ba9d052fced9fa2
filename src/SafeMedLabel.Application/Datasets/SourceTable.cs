using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace SafeMedLabel.Application.Datasets;

/// <summary>A table that comes with a data set. Fields are parted by commas, semicolons or tabs, as the first line has them; columns are known by their names.</summary>
internal sealed class SourceTable : IDisposable
{
    private const int MaxField = 4096;
    private const int MaxLine = 1 << 16;

    private static readonly string[] Delimiters = ["\t", ";", ","];

    private readonly string _name;
    private readonly RationedReader _text;
    private readonly CsvReader _csv;
    private readonly Dictionary<string, int> _columns;

    /// <summary>Reads the first line.</summary>
    /// <param name="name">What sentences call the table: 'manifest'.</param>
    /// <param name="text">The table.</param>
    /// <exception cref="DatasetException">It is empty.</exception>
    public SourceTable(string name, TextReader text)
    {
        _name = name;
        _text = new RationedReader(text, FormattableString.Invariant($"The {name} has a line of more than {MaxLine:N0} characters; is it a table?"));
        _csv = new CsvReader(_text, new CsvConfiguration(CultureInfo.InvariantCulture)
        {
            DetectDelimiter = true,
            GetDelimiter = beginning => DelimiterOf(beginning.Text),
            TrimOptions = TrimOptions.Trim,
            // A quote that is never closed would swallow the rest of the table as one field.
            MaxFieldSize = MaxField,
            BadDataFound = null,
            MissingFieldFound = null,
        });
        if (!Read() || !_csv.ReadHeader())
        {
            throw new DatasetException($"The {name} is empty.");
        }

        _columns = _csv.HeaderRecord!.Index().GroupBy(h => h.Item.Trim().ToLowerInvariant()).ToDictionary(g => g.Key, g => g.First().Index);
    }

    /// <summary>The names of the columns.</summary>
    public IReadOnlyList<string> Columns => _csv.HeaderRecord!;

    /// <summary>Where the line stands: 'Line 3'.</summary>
    public string Place => string.Create(CultureInfo.InvariantCulture, $"Line {_csv.Parser.RawRow}");

    /// <summary>Whether there is a column of this name.</summary>
    public bool Has(string column) => _columns.ContainsKey(column);

    /// <summary>Goes to the next line; false after the last.</summary>
    /// <exception cref="DatasetException">A field or the line is longer than any can be.</exception>
    public bool Read()
    {
        try
        {
            _text.Ration = MaxLine;
            return _csv.Read();
        }
        catch (MaxFieldSizeException tooLong)
        {
            throw new DatasetException(string.Create(CultureInfo.InvariantCulture, $"{Place} of the {_name} has a field of more than {MaxField} characters; is a quote not closed?"), tooLong);
        }
    }

    /// <summary>What stands in the first of some columns that the table has; null where nothing does.</summary>
    public string? Field(params ReadOnlySpan<string> columns)
    {
        foreach (var name in columns)
        {
            if (_columns.TryGetValue(name, out var column))
            {
                return _csv.GetField(column) is { Length: > 0 } value ? SafeCsv.Plain(value) : null;
            }
        }

        return null;
    }

    /// <inheritdoc />
    public void Dispose() => _csv.Dispose();

    private static string DelimiterOf(string beginning)
    {
        var firstLine = beginning.AsSpan(0, beginning.AsSpan().IndexOfAny('\r', '\n') is var end and >= 0 ? end : beginning.Length).ToString();
        return Delimiters.MaxBy(d => firstLine.Count(c => c == d[0]))!;
    }
}
