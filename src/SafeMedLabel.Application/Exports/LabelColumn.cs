using SafeMedLabel.Application.Labelling;

namespace SafeMedLabel.Application.Exports;

/// <summary>A column of the table that <see cref="ExportFormat.Csv"/> and <see cref="ExportFormat.Parquet"/> share.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Type">String, or the type of its numbers and times, which may be missing.</param>
/// <param name="Value">What stands in it for an image and one of its readings; null for an image that nobody has read.</param>
internal sealed record LabelColumn(string Name, Type Type, Func<ExportedImage, ExportedReading?, object?> Value)
{
    /// <summary>The table's columns.</summary>
    public static IReadOnlyList<LabelColumn> All { get; } =
    [
        new("file", typeof(string), (image, _) => image.File),
        new("image", typeof(string), (image, _) => image.Id.ToString()),
        new("sha256", typeof(string), (image, _) => image.ContentHash),
        new("patient", typeof(string), (image, _) => image.Patient),
        new("site", typeof(string), (image, _) => image.Site),
        new("split", typeof(string), (image, _) => ExportText.Of(image.Split)),
        new("width", typeof(int), (image, _) => image.Width),
        new("height", typeof(int), (image, _) => image.Height),
        new("reference", typeof(string), (image, _) => image.Reference),
        new("consensus", typeof(string), (image, _) => image.Consensus),
        new("standing", typeof(string), (image, _) => ExportText.Of(image.Standing)),
        new("label", typeof(string), (image, _) => image.Label),
        new("reader", typeof(string), (_, reading) => reading?.Reader),
        new("kind", typeof(string), (_, reading) => reading is null ? null : ExportText.Of(reading.Answer is null ? AnswerKind.Unreadable : AnswerKind.Label)),
        new("answer", typeof(string), (_, reading) => reading?.Answer),
        new("unaided_answer", typeof(string), (_, reading) => reading?.Unaided),
        new("answered_utc", typeof(DateTime), (_, reading) => reading?.AtUtc),
        new("seconds", typeof(double), (_, reading) => reading?.Seconds),
        new("aid", typeof(string), (_, reading) => reading is null ? null : ExportText.Of(reading.Aid)),
        new("shown_because", typeof(string), (_, reading) => reading?.Reason is { } reason ? ExportText.Of(reason) : null),
        new("ranked_by_round", typeof(int), (_, reading) => reading?.Round),
    ];

    /// <summary>An image's rows: one for each reading, and one at least.</summary>
    public static IEnumerable<ExportedReading?> RowsOf(ExportedImage image) => image.Readings.DefaultIfEmpty<ExportedReading?>();
}
