using System.Text.Json;

namespace SafeMedLabel.Application.Exports;

/// <summary>
/// <see cref="ExportFormat.LabelStudio"/>: an array of tasks (https://labelstud.io/guide/task_format). Each reading is
/// an annotation, 'cancelled' where the image could not be read; what they alone do not tell of an image's label is one more, the ground truth. The
/// tag of choices is called 'label', the image 'image'. Readers stand in 'meta': Label Studio knows annotators by its own accounts only.
/// </summary>
internal sealed class LabelStudioLabelWriter : ILabelWriter
{
    private readonly Utf8JsonWriter _json;
    private int _tasks;
    private int _annotations;

    public LabelStudioLabelWriter(Stream stream)
    {
        _json = new Utf8JsonWriter(stream);
        _json.WriteStartArray();
    }

    public async Task WriteAsync(ExportedImage image, CancellationToken cancellationToken)
    {
        _json.WriteStartObject();
        _json.WriteNumber("id", ++_tasks);
        _json.WriteStartObject("data");
        _json.WriteString("image", image.File);
        _json.WriteString("patient", image.Patient);
        _json.WriteString("site", image.Site);
        _json.WriteString("split", ManifestWriter.SplitOf(image));
        _json.WriteString("sha256", image.ContentHash);
        _json.WriteEndObject();
        _json.WriteStartArray("annotations");
        if (HasTruth(image))
        {
            WriteAnnotation(image.Label, isTruth: true, reading: null);
        }

        foreach (var reading in image.Readings)
        {
            WriteAnnotation(reading.Answer, isTruth: false, reading);
        }

        _json.WriteEndArray();
        _json.WriteStartArray("predictions");
        _json.WriteEndArray();
        _json.WriteEndObject();
        await _json.FlushAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _json.WriteEndArray();
        await _json.DisposeAsync();
    }

    /// <summary>Whether the readings alone would not say what the label is.</summary>
    private static bool HasTruth(ExportedImage image) => image.Standing switch
    {
        LabelStanding.Agreed => image.Readings.Any(r => r.Answer != image.Label),
        LabelStanding.Unreadable => image.Readings.Any(r => r.Answer is not null),
        LabelStanding.Decided => true,
        _ => image.Label is not null,
    };

    private void WriteAnnotation(string? label, bool isTruth, ExportedReading? reading)
    {
        _json.WriteStartObject();
        _json.WriteNumber("id", ++_annotations);
        _json.WriteStartArray("result");
        if (label is not null)
        {
            _json.WriteStartObject();
            _json.WriteString("id", $"label-{_annotations}");
            _json.WriteString("from_name", "label");
            _json.WriteString("to_name", "image");
            _json.WriteString("type", "choices");
            _json.WriteStartObject("value");
            _json.WriteStartArray("choices");
            _json.WriteStringValue(label);
            _json.WriteEndArray();
            _json.WriteEndObject();
            if (reading is not null)
            {
                _json.WriteStartObject("meta");
                _json.WriteString("reader", reading.Reader);
                _json.WriteString("aid", ExportText.Of(reading.Aid));
                _json.WriteEndObject();
            }

            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteBoolean("was_cancelled", label is null);
        _json.WriteBoolean("ground_truth", isTruth);
        if (reading is not null)
        {
            _json.WriteString("created_at", reading.AtUtc);
            _json.WriteNumber("lead_time", reading.Seconds);
        }

        _json.WriteEndObject();
    }
}
