using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Application.Live;

/// <summary>
/// The worker's lane for live rankings, beside rounds, imports and exports, so that none of them keeps a reader's new order waiting. Once a second it
/// looks at what each project needs: a new order first, then the features of some images. What it does follows from the database and the files alone:
/// a worker that takes over from a killed one goes on where that one was.
/// </summary>
public sealed class LiveLane(
    IDbContextFactory<AppDbContext> contexts,
    LiveFeatureReader features,
    LiveRanker ranker,
    StorageOptions storage,
    TimeProvider time,
    ILogger<LiveLane> logger) : BackgroundService
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Time until a project is looked at again that could not be ranked: a file may be restored, a disk may have room.</summary>
    private static readonly TimeSpan Rest = TimeSpan.FromMinutes(1);

    private readonly Dictionary<int, long> _resting = [];

    /// <summary>A project's labels that the order in force does not know, as they were counted last.</summary>
    private readonly Dictionary<int, NewLabels> _labels = [];

    /// <summary>The newest label with which a project was ranked, or could not be.</summary>
    private readonly Dictionary<int, long> _tried = [];

    /// <summary>What a project's features were complete for.</summary>
    private readonly Dictionary<int, FeatureReason> _complete = [];

    /// <summary>Does one step for each project that needs something.</summary>
    /// <returns>True where more may be left.</returns>
    public async Task<bool> LookAsync(CancellationToken cancellationToken)
    {
        var isMore = false;
        foreach (var need in await NeedsAsync(cancellationToken))
        {
            if (_resting.TryGetValue(need.ProjectId, out var since) && time.GetElapsedTime(since) < Rest)
            {
                continue;
            }

            try
            {
                isMore |= await StepAsync(need, cancellationToken);
                _resting.Remove(need.ProjectId);
            }
            catch (Exception failure) when (failure is not OperationCanceledException)
            {
                _resting[need.ProjectId] = time.GetTimestamp();
                await NoteAsync(need.ProjectId, failure, cancellationToken);
            }
        }

        return isMore;
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Pause, time);
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            try
            {
                while (await LookAsync(stoppingToken))
                {
                    // Until nothing is left.
                }
            }
            catch (Exception failed) when (failed is not OperationCanceledException)
            {
                logger.LogError(failed, "Live rankings cannot be looked for now; it is tried again in a minute.");
                await Task.Delay(Rest, time, stoppingToken);
            }
        }
    }

    private async Task<bool> StepAsync(Need need, CancellationToken cancellationToken)
    {
        var isRankingDue = need.Labels.Count >= need.RerankAfterLabels && _tried.GetValueOrDefault(need.ProjectId) < need.Labels.Last;
        if (!isRankingDue && !IsReadingDue(need))
        {
            return false;
        }

        using var alone = TryLock(need.ProjectId);
        if (alone is null)
        {
            // Another worker on this storage is at it.
            return false;
        }

        if (isRankingDue)
        {
            if (await ranker.RankAsync(need.ProjectId, cancellationToken) == LiveOutcome.TooFewFeatures && _complete.Remove(need.ProjectId))
            {
                throw new InvalidDataException("The features of too many images are missing; they are read again.");
            }

            _tried[need.ProjectId] = need.Labels.Last;
        }

        // Also after a ranking: where labels come faster than it ends, images would never be read.
        var isReadingDue = IsReadingDue(need);
        if (isReadingDue && !await features.ReadSliceAsync(need.ProjectId, cancellationToken))
        {
            _complete[need.ProjectId] = need.Reason;
            // What could not be ranked for want of features can be now.
            _tried.Remove(need.ProjectId);
        }

        return isReadingDue;
    }

    private bool IsReadingDue(Need need) => !need.IsImporting && (!_complete.TryGetValue(need.ProjectId, out var complete) || complete != need.Reason);

    /// <summary>What projects may need.</summary>
    private async Task<IReadOnlyList<Need>> NeedsAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var projects = await (from p in db.Projects
                              where p.RerankAfterLabels != null && p.Acquisition != AcquisitionFunction.Random && db.Images.Any(i => i.ProjectId == p.Id)
                              let ranking = db.LiveStates.Where(s => s.ProjectId == p.Id).Select(s => s.RankingId).FirstOrDefault()
                              select new
                              {
                                  p.Id,
                                  RerankAfterLabels = p.RerankAfterLabels!.Value,
                                  p.ActiveRoundId,
                                  p.ImageSize,
                                  p.TestShare,
                                  p.CalibrationShare,
                                  LastImport = db.Imports.Where(i => i.ProjectId == p.Id && !DatasetImport.ActiveStates.Contains(i.State)).Max(i => (int?)i.Id),
                                  IsImporting = db.Imports.Any(i => i.ProjectId == p.Id && DatasetImport.ActiveStates.Contains(i.State)),
                                  Known = ranking != null
                                      ? db.LiveRankings.Where(r => r.Id == ranking).Select(r => r.LabelSnapshot).First()
                                      : db.Rounds.Where(r => r.Id == p.QueueRoundId).Select(r => (long?)r.LabelSnapshot).FirstOrDefault() ?? 0,
                                  RankedByRound = ranking != null ? null : db.Rounds.Where(r => r.Id == p.QueueRoundId).Select(r => r.FinishedUtc).FirstOrDefault(),
                              }).ToListAsync(cancellationToken);
        var newest = await db.LabelEvents.MaxAsync(e => (long?)e.Id, cancellationToken) ?? 0;
        var needs = new List<Need>();
        foreach (var project in projects)
        {
            needs.Add(new Need(
                project.Id,
                project.RerankAfterLabels,
                await CountAsync(db, project.Id, project.Known, project.RankedByRound, newest, cancellationToken),
                project.IsImporting,
                new FeatureReason(project.LastImport, project.ActiveRoundId, project.ImageSize, project.TestShare, project.CalibrationShare)));
        }

        return needs;
    }

    /// <summary>A project's labels after an event and a time; counted anew only when somebody has said something since.</summary>
    private async Task<NewLabels> CountAsync(AppDbContext db, int projectId, long known, DateTime? since, long newest, CancellationToken cancellationToken)
    {
        if (!_labels.TryGetValue(projectId, out var labels) || (labels.Known, labels.Newest) != (known, newest))
        {
            var events = LabelSnapshot.LabelsSince(db, projectId, known);
            // A round's order stands until labels come after it, however many came while it trained.
            events = since is { } finished ? events.Where(e => e.AtUtc > finished) : events;
            labels = new NewLabels(known, newest, await events.CountAsync(cancellationToken), await events.MaxAsync(e => (long?)e.Id, cancellationToken) ?? 0);
            _labels[projectId] = labels;
        }

        return labels;
    }

    private async Task NoteAsync(int projectId, Exception failure, CancellationToken cancellationToken)
    {
        var sentence = failure is RoundException or InvalidDataException or StorageFullException
            ? failure.Message
            : StorageFailure.Describe(failure) ?? $"{failure.GetType().Name}: {failure.Message}";
        logger.LogError(failure, "The queue of project {ProjectId} cannot be ranked live; it is tried again in a minute.", projectId);
        await StorageFailure.SkipAsync(async () =>
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            if (await db.LiveStates.Where(s => s.ProjectId == projectId).ExecuteUpdateAsync(set => set.SetProperty(s => s.Problem, sentence), cancellationToken) == 0)
            {
                db.LiveStates.Add(new LiveState { ProjectId = projectId, Problem = sentence });
                await db.SaveChangesAsync(cancellationToken);
            }
        });
    }

    /// <summary>Keeps other workers on the same storage from the same work; null where one is at it.</summary>
    private FileStream? TryLock(int projectId)
    {
        var folder = storage.ProjectFolder(projectId);
        Directory.CreateDirectory(folder);
        try
        {
            return new FileStream(Path.Combine(folder, "live.lock"), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>What a project may need.</summary>
    private sealed record Need(int ProjectId, int RerankAfterLabels, NewLabels Labels, bool IsImporting, FeatureReason Reason);

    /// <summary>Labels that an order does not know.</summary>
    /// <param name="Known">The last event that it knows.</param>
    /// <param name="Newest">The newest event of any project when they were counted.</param>
    /// <param name="Count">How many there are.</param>
    /// <param name="Last">The last one's event; 0 where there is none.</param>
    private sealed record NewLabels(long Known, long Newest, int Count, long Last);

    /// <summary>What the images whose features are wanted, and the backbone, come from.</summary>
    private sealed record FeatureReason(int? LastImport, int? ActiveRound, int ImageSize, double TestShare, double CalibrationShare);
}
