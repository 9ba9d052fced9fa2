using CsvHelper;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Exports;

/// <summary>
/// The manifest of a package, from which an import makes the same images of the same patients, sites, splits and classes.
/// </summary>
internal sealed class ManifestWriter : ILabelWriter
{
    /// <summary>Its name, by which an import finds it.</summary>
    public const string FileName = "manifest.csv";

    private readonly CsvWriter _csv;

    public ManifestWriter(Stream stream)
    {
        _csv = new SafeCsvWriter(new StreamWriter(stream, leaveOpen: true));
        _csv.WriteRow("path", "label", "reference", "patient", "site", "split");
    }

    /// <summary>The split, as an import takes it. Gold images are training images of known class: the importing project draws its own.</summary>
    public static string SplitOf(ExportedImage image) => ExportText.Of(image.Split == DataSplit.Gold ? DataSplit.Training : image.Split);

    public Task WriteAsync(ExportedImage image, CancellationToken cancellationToken)
    {
        _csv.WriteRow(image.File, image.Label, image.Reference, image.Patient, image.Site, SplitOf(image));
        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _csv.DisposeAsync();
}
