using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Rounds;

/// <summary>Gathers a round's images and labels, and makes their pixel file where it is not made yet.</summary>
public sealed class RoundDataReader(IDbContextFactory<AppDbContext> contexts, ContentStore store, StorageOptions storage, StorageRoom room)
{
    private const int BatchSize = 256;

    /// <summary>The data as of a label snapshot: reading it twice gives the same.</summary>
    /// <exception cref="RoundException">There is nothing to learn from.</exception>
    public async Task<RoundData> ReadAsync(RoundScope scope, IProgress<double> progress, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var classes = await db.ProjectClasses.Where(c => c.ProjectId == scope.ProjectId).OrderBy(c => c.Index).Select(c => c.Name).ToListAsync(cancellationToken);
        var images = await db.Images.AsNoTracking().Where(i => i.ProjectId == scope.ProjectId).OrderBy(i => i.ContentHash).ToListAsync(cancellationToken);
        var snapshot = await LabelSnapshot.ReadAsync(db, scope.ProjectId, scope.LabelSnapshot, scope.Consensus, cancellationToken);
        if (snapshot.Labels.Count == 0)
        {
            throw new RoundException("There are no labels to train on.");
        }

        string[] contentHashes = [.. images.Select(i => i.ContentHash)];
        var pixels = await ReadPixelsAsync(scope.ProjectId, contentHashes, scope.ImageSize, progress, cancellationToken);

        // Row of the pixel file: position by content hash.
        var all = images.Select((image, row) => (image, row)).ToList();
        var training = all.Where(i => i.image.Split == DataSplit.Training).ToList();
        return new RoundData
        {
            Folder = storage.ProjectFolder(scope.ProjectId),
            Pixels = pixels,
            ContentHashes = contentHashes,
            ClassNames = classes,
            Labelled = [.. training.Where(i => snapshot.Labels.ContainsKey(i.image.Id)).Select(i => ToRoundImage(i.image, i.row, snapshot.Labels[i.image.Id]))],
            Pool = [.. training.Where(i => !snapshot.Labels.ContainsKey(i.image.Id) && !snapshot.Unreadable.Contains(i.image.Id) && !snapshot.Disputed.Contains(i.image.Id)).Select(i => ToRoundImage(i.image, i.row, -1))],
            Validation = WithReference(all, DataSplit.Validation, snapshot),
            Calibration = WithReference(all, DataSplit.Calibration, snapshot),
            Test = WithReference(all, DataSplit.Test, snapshot),
            DataHash = Hash([Hash(contentHashes), .. snapshot.Labels.OrderBy(l => l.Key).Select(l => $"{l.Key} {l.Value}")]),
        };
    }

    /// <summary>Pixels of some size, made where they are not made yet.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="contentHashes">Content hash of the image in each row.</param>
    /// <param name="size">Side in pixels.</param>
    /// <param name="progress">Hears the part that is done.</param>
    /// <param name="cancellationToken">Gives up; what was written is dropped.</param>
    public async Task<PixelSource> ReadPixelsAsync(
        int projectId, IReadOnlyList<string> contentHashes, int size, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var pixels = new PixelSource(Path.Combine(storage.ProjectFolder(projectId), $"pixels-{size}-{PixelHash(contentHashes)}.rgb"), size);
        // A file of another length holds other pixels than its name says.
        if (new FileInfo(pixels.Path) is not { Exists: true } file || file.Length != (long)contentHashes.Count * size * size * 3)
        {
            room.Require("The file of training pixels", 3L * size * size * contentHashes.Count);
            await Task.Run(() => WritePixels(contentHashes, pixels, progress, cancellationToken), cancellationToken);
        }

        return pixels;
    }

    /// <summary>By which the pixel files of some images are known, whatever their size.</summary>
    internal static string PixelHash(IEnumerable<string> contentHashes) => Hash(contentHashes)[..16];

    /// <summary>Deletes the checkpoint of a round, which nobody needs once it has ended, however it did.</summary>
    internal void DeleteCheckpoint(Round round) => Delete(round, ".checkpoint");

    /// <summary>Deletes the model file of a round that is not completed: no row names it.</summary>
    internal void DeleteModel(Round round) => Delete(round, ".safetensors", ".json");

    private void Delete(Round round, params string[] extensions)
    {
        var model = Path.Combine(storage.ProjectFolder(round.ProjectId), round.NewModelFile);
        foreach (var file in extensions.Select(e => Path.ChangeExtension(model, e)))
        {
            try
            {
                File.Delete(file);
            }
            catch (Exception kept) when (kept is DirectoryNotFoundException or IOException or UnauthorizedAccessException)
            {
                // The next cleaning deletes it.
            }
        }
    }

    /// <summary>Writes the pixels of some images; the file appears when it is complete.</summary>
    /// <exception cref="StoredFileException">The file of an image cannot be used; or an <see cref="AggregateException"/> of such.</exception>
    internal void WritePixels(IReadOnlyList<string> contentHashes, PixelSource pixels, IProgress<double>? progress, CancellationToken cancellationToken)
    {
        using var file = new PixelFile(pixels.Path);
        var done = 0;
        foreach (var batch in contentHashes.Chunk(BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            foreach (var resized in batch.AsParallel().AsOrdered().Select(hash => ImageResizer.ToTrainingPixels(ImageDecoder.Read(store.Open(hash)).Pixels, pixels.Size)))
            {
                file.Append(resized);
            }

            done += batch.Length;
            progress?.Report((double)done / contentHashes.Count);
        }

        file.Complete();
    }

    /// <summary>A split's images whose class is known.</summary>
    private static List<RoundImage> WithReference(List<(ProjectImage Image, int Row)> all, DataSplit split, LabelSnapshot snapshot) =>
    [
        .. from i in all
           where i.Image.Split == split
           let known = snapshot.ReferenceOf(i.Image.Id, i.Image.ReferenceClass)
           where known is not null
           select ToRoundImage(i.Image, i.Row, known.Value)
    ];

    private static RoundImage ToRoundImage(ProjectImage image, int row, int classIndex) => new(image.Id, row, image.ContentHash, image.Patient, classIndex);

    private static string Hash(IEnumerable<string> lines) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join('\n', lines))));
}
