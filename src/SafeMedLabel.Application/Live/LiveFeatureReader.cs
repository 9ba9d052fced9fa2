using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Live;

/// <summary>
/// Has a backbone read a project's images, some at a time, so that others have their turn between: what is read stays, also when the worker is killed.
/// Test and calibration patients are left alone. For one caller at a time.
/// </summary>
public sealed class LiveFeatureReader(IDbContextFactory<AppDbContext> contexts, RoundDataReader data, ILiveLearner learner, StorageOptions storage, StorageRoom room)
{
    /// <summary>Images that are read at once: one or a few seconds.</summary>
    public const int SliceSize = 1024;

    private readonly Dictionary<int, Work> _works = [];

    /// <summary>Reads the next images of a project that are not read yet.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="reason">What the work came from: where it is another than the last time, it is found out anew which images are missing.</param>
    /// <param name="cancellationToken">Gives up; what was not written is read again.</param>
    /// <returns>Whether more may be left.</returns>
    /// <exception cref="RoundException">The active model cannot be used.</exception>
    /// <exception cref="StoredFileException">The file of an image cannot be used.</exception>
    public async Task<bool> ReadSliceAsync(int projectId, object reason, CancellationToken cancellationToken)
    {
        if (!_works.TryGetValue(projectId, out var work) || !Equals(work.Reason, reason))
        {
            work = await BeginAsync(projectId, reason, cancellationToken);
            _works[projectId] = work;
        }

        string[] slice = [.. work.Missing.Skip(work.Done).Take(SliceSize)];
        if (slice.Length == 0)
        {
            work.File.DeleteOthers();
            return false;
        }

        room.Require("The file of features", (long)slice.Length * work.Backbone.ImageSize * work.Backbone.ImageSize * 3);
        var pixels = new PixelSource(Path.Combine(storage.ProjectFolder(projectId), $"live-{Guid.NewGuid():n}.tmp"), work.Backbone.ImageSize);
        try
        {
            var features = await OwnThread.RunAsync(
                () =>
                {
                    data.WritePixels(slice, pixels, progress: null, cancellationToken);
                    return learner.ReadFeatures(work.Backbone.ModelPath, pixels, slice.Length, cancellationToken);
                },
                cancellationToken);
            work.File.Append(slice, features);
        }
        finally
        {
            File.Delete(pixels.Path);
        }

        work.Done += slice.Length;
        await NoteAsync(projectId, work, cancellationToken);
        return true;
    }

    private async Task<Work> BeginAsync(int projectId, object reason, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == projectId, cancellationToken);
        var backbone = await LiveBackbone.OfAsync(db, project, storage, learner, cancellationToken);
        // In the queue's own first order: what is read first is labelled first.
        var wanted = await db.Images.Where(i => i.ProjectId == projectId && i.Split != DataSplit.Test && i.Split != DataSplit.Calibration)
            .OrderBy(i => i.ContentHash).Select(i => i.ContentHash).ToListAsync(cancellationToken);
        var file = backbone.FileOf(projectId, storage);
        var rows = file.ReadRows();
        var work = new Work(reason, backbone, file, wanted.Count, [.. wanted.Where(hash => !rows.ContainsKey(FeatureFile.KeyOf(hash)))]);
        await NoteAsync(projectId, work, cancellationToken);
        return work;
    }

    private async Task NoteAsync(int projectId, Work work, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var state = await db.LiveStates.FirstOrDefaultAsync(s => s.ProjectId == projectId, cancellationToken);
        if (state is null)
        {
            state = new LiveState { ProjectId = projectId };
            db.LiveStates.Add(state);
        }

        (state.ImagesWanted, state.ImagesRead, state.Problem) = (work.Wanted, work.Wanted - work.Missing.Count + work.Done, null);
        await db.SaveChangesAsync(cancellationToken);
    }

    private sealed record Work(object Reason, LiveBackbone Backbone, FeatureFile File, int Wanted, IReadOnlyList<string> Missing)
    {
        public int Done { get; set; }
    }
}
