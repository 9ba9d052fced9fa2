using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace SafeMedLabel.Application.Exports;

/// <summary><see cref="ExportFormat.JsonLines"/>.</summary>
internal sealed class JsonLinesLabelWriter(Stream stream) : ILabelWriter
{
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        // It is a file, not a part of a page.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    public async Task WriteAsync(ExportedImage image, CancellationToken cancellationToken)
    {
        await JsonSerializer.SerializeAsync(stream, image, Options, cancellationToken);
        stream.WriteByte((byte)'\n');
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
