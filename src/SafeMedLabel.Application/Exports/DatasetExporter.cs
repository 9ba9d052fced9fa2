using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Exports;

/// <summary>Writes a project's labels, and its pictures where they are wanted, into one file.</summary>
public sealed class DatasetExporter(IDbContextFactory<AppDbContext> contexts, ContentStore store)
{
    /// <summary>Writes the file; it has its name only once it is whole.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="options">What is to be in it.</param>
    /// <param name="path">The file; one that is there is replaced.</param>
    /// <param name="progress">Hears the part that is done.</param>
    /// <param name="cancellationToken">Gives up; nothing stays.</param>
    /// <exception cref="DatasetException">The project is gone, or a picture of it.</exception>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public async Task<ExportSummary> WriteAsync(int projectId, ExportOptions options, string path, IProgress<double> progress, CancellationToken cancellationToken = default)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var unfinished = $"{path}.{Guid.NewGuid():n}.tmp";
        try
        {
            ExportSummary summary;
            await using (var file = File.Create(unfinished))
            {
                await using var db = await contexts.CreateDbContextAsync(cancellationToken);
                await using var reading = await db.BeginReadingAsync(cancellationToken);
                var reader = await ExportReader.OpenAsync(db, projectId, options, cancellationToken);
                var (images, readings) = await WriteAsync(reader, options, file, progress, cancellationToken);
                await file.FlushAsync(cancellationToken);
                summary = new ExportSummary(images, readings, file.Length);
            }

            File.Move(unfinished, path, overwrite: true);
            return summary;
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private async Task<(int Images, int Readings)> WriteAsync(ExportReader reader, ExportOptions options, FileStream file, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var total = await reader.CountAsync(cancellationToken);
        var (images, readings) = (0, 0);
        await using ILabelWriter writer = options.IsPackage
            ? await LabelPackage.CreateAsync(file, options, reader, store, cancellationToken)
            : await OpenAsync(options.Format, file, reader.ClassNames, cancellationToken);
        await foreach (var image in reader.ReadAsync(cancellationToken))
        {
            await writer.WriteAsync(image, cancellationToken);
            (images, readings) = (images + 1, readings + image.Readings.Count);
            progress.Report((double)images / total);
        }

        return (images, readings);
    }

    /// <summary>What writes labels in some form.</summary>
    internal static async Task<ILabelWriter> OpenAsync(ExportFormat format, Stream stream, IReadOnlyList<string> classNames, CancellationToken cancellationToken) => format switch
    {
        ExportFormat.JsonLines => new JsonLinesLabelWriter(stream),
        ExportFormat.LabelStudio => new LabelStudioLabelWriter(stream),
        ExportFormat.Coco => new CocoLabelWriter(stream, classNames),
        ExportFormat.Parquet => await ParquetLabelWriter.CreateAsync(stream, cancellationToken),
        _ => new CsvLabelWriter(stream),
    };
}
