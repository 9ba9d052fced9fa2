using System.Globalization;
using CsvHelper;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Application.Exports;

/// <summary>The table of a package with what each reader and adjudicator said (<see cref="ReadingTable"/>), from which an import has the same answers.</summary>
internal sealed class ReadingsWriter : ILabelWriter
{
    private readonly CsvWriter _csv;

    public ReadingsWriter(Stream stream)
    {
        _csv = new SafeCsvWriter(new StreamWriter(stream, leaveOpen: true));
        _csv.WriteRow("sha256", "reader", "answer", "unaided_answer", "answered_utc", "seconds", "aid", "shown_because");
    }

    public Task WriteAsync(ExportedImage image, CancellationToken cancellationToken)
    {
        foreach (var reading in image.Readings)
        {
            _csv.WriteRow(
                image.ContentHash,
                reading.Reader,
                reading.Answer,
                reading.Unaided,
                Text(reading.AtUtc),
                reading.Seconds.ToString(CultureInfo.InvariantCulture),
                ExportText.Of(reading.Aid),
                reading.Reason is { } reason ? ExportText.Of(reason) : null);
        }

        if (image.Decision is { } decision)
        {
            _csv.WriteRow(image.ContentHash, decision.Adjudicator, decision.Answer, null, Text(decision.AtUtc), null, null, ExportText.Of(QueueReason.Adjudication));
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _csv.DisposeAsync();

    private static string Text(DateTime time) => time.ToString("O", CultureInfo.InvariantCulture);
}
