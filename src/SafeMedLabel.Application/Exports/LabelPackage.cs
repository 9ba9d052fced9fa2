using System.IO.Compression;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;

namespace SafeMedLabel.Application.Exports;

/// <summary>
/// A zip with the pictures, the labels' file and, but for Label Studio's tasks, which are one themselves, a manifest and the readers' answers: an
/// import elsewhere takes it as it is. A zip is written entry by entry, so that the texts wait in files beside it until all pictures are in.
/// </summary>
internal sealed class LabelPackage : ILabelWriter
{
    private readonly ZipArchive _zip;
    private readonly ContentStore _store;
    private readonly IReadOnlyList<(string Name, FileStream Text, ILabelWriter Writer)> _texts;

    private LabelPackage(ZipArchive zip, ContentStore store, IReadOnlyList<(string Name, FileStream Text, ILabelWriter Writer)> texts) => (_zip, _store, _texts) = (zip, store, texts);

    public static async Task<LabelPackage> CreateAsync(FileStream file, ExportOptions options, ExportReader reader, ContentStore store, CancellationToken cancellationToken)
    {
        var zip = await ZipArchive.CreateAsync(file, ZipArchiveMode.Create, leaveOpen: true, entryNameEncoding: null, cancellationToken);
        if (reader.IsSynthetic)
        {
            zip.CreateEntry(SourceLayout.SyntheticMarker);
        }

        var labels = Beside(file);
        var texts = new List<(string, FileStream, ILabelWriter)> { (options.LabelFile, labels, await DatasetExporter.OpenAsync(options.Format, labels, reader.ClassNames, cancellationToken)) };
        if (options.Format != ExportFormat.LabelStudio)
        {
            var (manifest, readings) = (Beside(file), Beside(file));
            texts.Add((ManifestWriter.FileName, manifest, new ManifestWriter(manifest)));
            texts.Add((ReadingTable.FileName, readings, new ReadingsWriter(readings)));
        }

        return new LabelPackage(zip, store, texts);
    }

    public async Task WriteAsync(ExportedImage image, CancellationToken cancellationToken)
    {
        try
        {
            // Pictures are compressed already.
            await using var entry = await _zip.CreateEntry(image.File, CompressionLevel.NoCompression).OpenAsync(cancellationToken);
            await _store.Open(image.ContentHash).CopyToAsync(entry, cancellationToken);
        }
        catch (StoredFileException gone)
        {
            throw new DatasetException($"The picture {image.ContentHash} cannot be read from the storage, or is damaged there.", gone);
        }

        foreach (var (_, _, writer) in _texts)
        {
            await writer.WriteAsync(image, cancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            foreach (var (name, text, writer) in _texts)
            {
                await writer.DisposeAsync();
                text.Position = 0;
                await using var entry = await _zip.CreateEntry(name).OpenAsync();
                await text.CopyToAsync(entry);
            }

            await _zip.DisposeAsync();
        }
        finally
        {
            // On a full disk none of this ends well, and all the same none of these files may stay.
            foreach (var (_, text, _) in _texts)
            {
                await Drop(text);
            }
        }
    }

    private static async ValueTask Drop(FileStream text)
    {
        try
        {
            await text.DisposeAsync();
        }
        catch (IOException)
        {
            File.Delete(text.Name);
        }
    }

    private static FileStream Beside(FileStream file) =>
        new($"{file.Name}.{Guid.NewGuid():n}", FileMode.CreateNew, FileAccess.ReadWrite, FileShare.None, bufferSize: 4096, FileOptions.DeleteOnClose);
}
