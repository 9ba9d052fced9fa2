using System.Text.Json;

namespace SafeMedLabel.Application.Exports;

/// <summary>
/// <see cref="ExportFormat.Coco"/>: an annotation for each image that has a label, with its category and no box; readings stand beside the image.
/// Keys count from 1.
/// </summary>
internal sealed class CocoLabelWriter : ILabelWriter
{
    private readonly Utf8JsonWriter _json;
    private readonly IReadOnlyList<string> _classNames;
    private readonly List<(int Image, string Label)> _labels = [];
    private int _images;

    public CocoLabelWriter(Stream stream, IReadOnlyList<string> classNames)
    {
        _json = new Utf8JsonWriter(stream);
        _classNames = classNames;
        _json.WriteStartObject();
        _json.WriteStartArray("categories");
        foreach (var (index, name) in classNames.Index())
        {
            _json.WriteStartObject();
            _json.WriteNumber("id", index + 1);
            _json.WriteString("name", name);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteStartArray("images");
    }

    public async Task WriteAsync(ExportedImage image, CancellationToken cancellationToken)
    {
        _json.WriteStartObject();
        _json.WriteNumber("id", ++_images);
        _json.WriteString("file_name", image.File);
        _json.WriteNumber("width", image.Width);
        _json.WriteNumber("height", image.Height);
        _json.WriteString("patient", image.Patient);
        _json.WriteString("site", image.Site);
        _json.WriteString("split", ExportText.Of(image.Split));
        _json.WriteString("sha256", image.ContentHash);
        _json.WriteString("standing", ExportText.Of(image.Standing));
        _json.WriteStartArray("readings");
        foreach (var reading in image.Readings)
        {
            _json.WriteStartObject();
            _json.WriteString("reader", reading.Reader);
            _json.WriteString("answer", reading.Answer);
            _json.WriteString("at", reading.AtUtc);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
        if (image.Label is { } label)
        {
            _labels.Add((_images, label));
        }

        await _json.FlushAsync(cancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        _json.WriteEndArray();
        _json.WriteStartArray("annotations");
        var categories = _classNames.Index().ToDictionary(c => c.Item, c => c.Index + 1, StringComparer.Ordinal);
        foreach (var (index, (image, label)) in _labels.Index())
        {
            _json.WriteStartObject();
            _json.WriteNumber("id", index + 1);
            _json.WriteNumber("image_id", image);
            _json.WriteNumber("category_id", categories[label]);
            _json.WriteEndObject();
        }

        _json.WriteEndArray();
        _json.WriteEndObject();
        await _json.DisposeAsync();
    }
}
