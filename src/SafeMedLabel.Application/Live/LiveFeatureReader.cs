using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Live;

/// <summary>
/// Has a backbone read a project's images, some at a time, so that others have their turn between: what is read stays, also when the worker is killed.
/// Test and calibration patients are left alone. For one caller at a time.
/// </summary>
public sealed class LiveFeatureReader(
    IDbContextFactory<AppDbContext> contexts, RoundDataReader data, ILiveLearner learner, StorageOptions storage, StorageRoom room, AlarmService alarms)
{
    private readonly Dictionary<int, Work> _works = [];

    /// <summary>Images that are read at once, 1 or more: by default a few seconds.</summary>
    public int SliceSize { get; init; } = 1024;

    /// <summary>Reads the next images of a project that are not read yet. An image whose file is lost is told by an alarm, and left out.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="cancellationToken">Gives up; what was not written is read again.</param>
    /// <returns>Whether more may be left.</returns>
    /// <exception cref="RoundException">The active model cannot be used.</exception>
    public async Task<bool> ReadSliceAsync(int projectId, CancellationToken cancellationToken)
    {
        var backbone = await BackboneAsync(projectId, cancellationToken);
        // Another worker may have read on meanwhile, or somebody have deleted the file.
        if (!_works.TryGetValue(projectId, out var work) || work.Backbone != backbone || work.File.Count() != work.Rows)
        {
            work = await BeginAsync(projectId, backbone, cancellationToken);
            _works[projectId] = work;
        }

        string[] slice = [.. work.Missing.Take(SliceSize)];
        if (slice.Length == 0)
        {
            work.File.DeleteOthers();
            _works.Remove(projectId);
            learner.GiveMemoryBack();
            return false;
        }

        room.Require("The file of features", (long)slice.Length * backbone.ImageSize * backbone.ImageSize * 3);
        try
        {
            await ReadAsync(projectId, work, slice, cancellationToken);
            work.Missing.RemoveRange(0, slice.Length);
        }
        catch (Exception failure) when (RoundRunner.StoredFileOf(failure) is { } lost && work.Missing.Remove(lost.Hash))
        {
            await alarms.RaiseLostFileAsync(lost, cancellationToken);
            work.Lost++;
        }

        await NoteAsync(projectId, work, cancellationToken);
        return true;
    }

    private async Task ReadAsync(int projectId, Work work, string[] slice, CancellationToken cancellationToken)
    {
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
            work.Rows += slice.Length;
        }
        finally
        {
            File.Delete(pixels.Path);
        }
    }

    private async Task<LiveBackbone> BackboneAsync(int projectId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == projectId, cancellationToken);
        return await LiveBackbone.OfAsync(db, project, storage, learner, cancellationToken);
    }

    private async Task<Work> BeginAsync(int projectId, LiveBackbone backbone, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        // In the queue's own first order: what is read first is labelled first.
        var wanted = await db.Images.Where(i => i.ProjectId == projectId && i.Split != DataSplit.Test && i.Split != DataSplit.Calibration)
            .OrderBy(i => i.ContentHash).Select(i => i.ContentHash).ToListAsync(cancellationToken);
        var file = backbone.FileOf(projectId, storage);
        var rows = file.ReadRows();
        var work = new Work(backbone, file, wanted.Count, [.. wanted.Where(hash => !rows.ContainsKey(ContentStore.KeyOf(hash)))]) { Rows = file.Count() };
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

        (state.ImagesWanted, state.ImagesRead, state.Problem) = (work.Wanted - work.Lost, work.Wanted - work.Lost - work.Missing.Count, null);
        await db.SaveChangesAsync(cancellationToken);
    }

    /// <summary>What is left to read of a project.</summary>
    private sealed record Work(LiveBackbone Backbone, FeatureFile File, int Wanted, List<string> Missing)
    {
        /// <summary>Rows that the file has if nobody else has written to it.</summary>
        public required int Rows { get; set; }

        /// <summary>Images whose file is lost.</summary>
        public int Lost { get; set; }
    }
}
