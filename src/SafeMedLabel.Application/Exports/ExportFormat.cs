namespace SafeMedLabel.Application.Exports;

/// <summary>In what form labels leave the program.</summary>
public enum ExportFormat
{
    /// <summary>A table with a row for each reading, and one for each image that nobody has read.</summary>
    Csv,

    /// <summary>One JSON object a line for each image, its readings in it.</summary>
    JsonLines,

    /// <summary>Label Studio's tasks with annotations (https://labelstud.io/guide/task_format).</summary>
    LabelStudio,

    /// <summary>Images, categories and annotations as COCO has them (https://cocodataset.org/#format-data), one class an image, no boxes.</summary>
    Coco,

    /// <summary>The rows of <see cref="Csv"/>, typed and in columns.</summary>
    Parquet,

    /// <summary>The pictures in a folder for each class, as programs that train expect them.</summary>
    Folders,
}
