using Parquet;
using Parquet.Schema;

namespace SafeMedLabel.Application.Exports;

/// <summary><see cref="ExportFormat.Parquet"/>: all columns may be empty; times are UTC.</summary>
internal sealed class ParquetLabelWriter : ILabelWriter
{
    /// <summary>So many rows are held in memory before they are written.</summary>
    private const int GroupSize = 20_000;

    private readonly ParquetWriter _file;
    private readonly DataField[] _fields;
    private readonly List<object?>[] _columns = [.. LabelColumn.All.Select(_ => new List<object?>())];

    private ParquetLabelWriter(ParquetWriter file, DataField[] fields) => (_file, _fields) = (file, fields);

    public static async Task<ParquetLabelWriter> CreateAsync(Stream stream, CancellationToken cancellationToken)
    {
        DataField[] fields = [.. LabelColumn.All.Select(c => new DataField(c.Name, c.Type, isNullable: true))];
        return new ParquetLabelWriter(await ParquetWriter.CreateAsync(new ParquetSchema(fields), stream, cancellationToken: cancellationToken), fields);
    }

    public async Task WriteAsync(ExportedImage image, CancellationToken cancellationToken)
    {
        foreach (var reading in LabelColumn.RowsOf(image))
        {
            foreach (var (column, values) in LabelColumn.All.Zip(_columns))
            {
                values.Add(column.Value(image, reading));
            }
        }

        if (_columns[0].Count >= GroupSize)
        {
            await WriteGroupAsync(cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_columns[0].Count > 0)
        {
            await WriteGroupAsync(CancellationToken.None);
        }

        await _file.DisposeAsync();
    }

    private async Task WriteGroupAsync(CancellationToken cancellationToken)
    {
        using var group = _file.CreateRowGroup();
        foreach (var (column, field, values) in LabelColumn.All.Zip(_fields, _columns))
        {
            await WriteColumnAsync(group, field, column.Type, values, cancellationToken);
            values.Clear();
        }

        group.CompleteValidate();
    }

    private static Task WriteColumnAsync(ParquetRowGroupWriter group, DataField field, Type type, List<object?> values, CancellationToken cancellationToken) => type.Name switch
    {
        nameof(String) => group.WriteAsync(field, [.. values.Select(v => (string?)v)]),
        nameof(Int32) => group.WriteAsync<int>(field, values.Select(v => (int?)v).ToArray(), cancellationToken: cancellationToken),
        nameof(Double) => group.WriteAsync<double>(field, values.Select(v => (double?)v).ToArray(), cancellationToken: cancellationToken),
        nameof(DateTime) => group.WriteAsync<DateTime>(field, values.Select(v => (DateTime?)v).ToArray(), cancellationToken: cancellationToken),
        var name => throw new NotSupportedException($"A column of {name} has no form here."),
    };
}
