namespace SafeMedLabel.Application.Exports;

/// <summary>What an export is to hold.</summary>
/// <param name="Format">Its form.</param>
/// <param name="WithPictures">True for a zip with the pictures beside the labels, which an import takes; always so with <see cref="ExportFormat.Folders"/>.</param>
/// <param name="NamesReaders">True where readers stand with their names; else each stands under a pseudonym, the same in all exports of a project.</param>
public sealed record ExportOptions(ExportFormat Format, bool WithPictures = false, bool NamesReaders = false)
{
    /// <summary>Whether the result is a zip.</summary>
    public bool IsPackage => WithPictures || Format == ExportFormat.Folders;

    /// <summary>The name of the labels' file.</summary>
    public string LabelFile => Format switch
    {
        ExportFormat.Csv or ExportFormat.Folders => "labels.csv",
        ExportFormat.JsonLines => "labels.jsonl",
        ExportFormat.LabelStudio => "label-studio.json",
        ExportFormat.Coco => "coco.json",
        ExportFormat.Parquet => "labels.parquet",
        _ => throw new ArgumentOutOfRangeException(nameof(Format), Format, "There is no such format."),
    };

    /// <summary>How the result's name ends, with the dot.</summary>
    public string Extension => IsPackage ? ".zip" : Path.GetExtension(LabelFile);
}
