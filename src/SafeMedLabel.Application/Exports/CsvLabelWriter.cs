using System.Globalization;
using CsvHelper;
using SafeMedLabel.Application.Datasets;

namespace SafeMedLabel.Application.Exports;

/// <summary><see cref="ExportFormat.Csv"/>: UTF-8 with a mark, by which spreadsheets know it; what looks like a formula is text.</summary>
internal sealed class CsvLabelWriter : ILabelWriter
{
    private readonly CsvWriter _csv;

    public CsvLabelWriter(Stream stream)
    {
        _csv = SafeCsv.Write(stream);
        foreach (var column in LabelColumn.All)
        {
            _csv.WriteField(column.Name);
        }

        _csv.NextRecord();
    }

    public async Task WriteAsync(ExportedImage image, CancellationToken cancellationToken)
    {
        foreach (var reading in LabelColumn.RowsOf(image))
        {
            foreach (var column in LabelColumn.All)
            {
                _csv.WriteField(column.Value(image, reading) switch
                {
                    DateTime time => time.ToString("O", CultureInfo.InvariantCulture),
                    IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                    var text => (string?)text,
                });
            }

            await _csv.NextRecordAsync();
        }
    }

    public ValueTask DisposeAsync() => _csv.DisposeAsync();
}
