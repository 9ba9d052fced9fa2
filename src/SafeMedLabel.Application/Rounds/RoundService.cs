using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Requests;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Rounds;

/// <summary>Starts, stops and shows rounds. The work itself is the worker's.</summary>
public sealed class RoundService(IDbContextFactory<AppDbContext> contexts, StorageOptions storage, JobScheduler jobs, AlarmService alarms, TimeProvider time)
{
    /// <summary>A class needs so many labels before a round can learn it.</summary>
    public const int MinimumLabelsPerClass = 2;

    /// <summary>
    /// Queues a round on the labels as of now. Refused with a sentence while one is active, where labels are too few, or where the file of weights that it
    /// would begin with is not there.
    /// </summary>
    public Task<Result<int>> StartAsync(int projectId, string userId, CancellationToken cancellationToken = default) =>
        StartAsync(projectId, userId, 0, cancellationToken);

    /// <summary>As the other; sent again under the same <paramref name="clientKey"/> it is started once.</summary>
    public Task<Result<int>> StartAsync(int projectId, string userId, Guid? clientKey, CancellationToken cancellationToken = default) =>
        StartAsync(projectId, userId, 0, cancellationToken, asked: clientKey is { } key ? new KeyedRequest(key, userId, projectId, RequestKind.Round) : null);

    /// <summary>
    /// Queues a round when at least <paramref name="newLabels"/> labels came since the last one's snapshot; otherwise refuses. Postponed where
    /// the storage takes nothing: the label that it follows is stored all the same.
    /// </summary>
    public Task<Result<int>> StartAfterLabelsAsync(int projectId, int newLabels, CancellationToken cancellationToken = default) =>
        StorageFailure.PostponeAsync(() => StartAsync(projectId, null, newLabels, cancellationToken));

    /// <summary>
    /// Queues a round with another one's recipe: its labels, seed and options as they were, and the images as they are now. Without new images it
    /// ends with the same model. Refused with a sentence while one is active, or where the file of weights that it began with is gone or changed.
    /// </summary>
    public async Task<Result<int>> RunAgainAsync(int roundId, string userId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var again = await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.Id == roundId, cancellationToken);
        return again is null ? Result.Refused("This round no longer exists.") : await StartAsync(again.ProjectId, userId, 0, cancellationToken, again);
    }

    /// <summary>Asks the worker to stop a round; one that still waits is cancelled at once.</summary>
    public Task<Result> CancelAsync(int roundId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            var projectId = await db.Rounds.Where(r => r.Id == roundId).Select(r => r.ProjectId).FirstOrDefaultAsync(cancellationToken);
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead) is { Succeeded: false } denied)
            {
                return denied;
            }

            var asked = await db.Rounds.Where(r => r.Id == roundId && RoundStates.Active.Contains(r.State))
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.CancelRequested, true), cancellationToken);
            if (asked == 0)
            {
                return Result.Refused("This round has already ended.");
            }

            var now = time.GetUtcNow().UtcDateTime;
            await db.Rounds.Where(r => r.Id == roundId && r.State == RoundState.Queued)
                .ExecuteUpdateAsync(set => set.SetProperty(r => r.State, RoundState.Cancelled).SetProperty(r => r.FinishedUtc, now), cancellationToken);
            var number = await db.Rounds.Where(r => r.Id == roundId).Select(r => r.Number).FirstAsync(cancellationToken);
            db.AuditEntries.Add(AuditDescription.Entry(AuditAction.RoundCancelled, projectId, AuditDescription.Round(number)));
            return Result.Done;
        },
        cancellationToken);

    /// <summary>A project's rounds, the newest first.</summary>
    public async Task<IReadOnlyList<Round>> ListAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Rounds.AsNoTracking().Where(r => r.ProjectId == projectId).OrderByDescending(r => r.Number).ToListAsync(cancellationToken);
    }

    /// <summary>The round that waits or runs, if any.</summary>
    public async Task<Round?> ActiveAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.ProjectId == projectId && RoundStates.Active.Contains(r.State), cancellationToken);
    }

    /// <summary>A round with its epochs and thresholds; null where there is none.</summary>
    public async Task<RoundDetail?> GetAsync(int roundId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var round = await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.Id == roundId, cancellationToken);
        if (round is null)
        {
            return null;
        }

        var epochs = await db.RoundEpochs.AsNoTracking().Where(e => e.RoundId == roundId).OrderBy(e => e.Epoch).ToListAsync(cancellationToken);
        var thresholds = await db.RoundThresholds.AsNoTracking().Where(t => t.RoundId == roundId).OrderBy(t => t.Threshold).ToListAsync(cancellationToken);
        var requestedBy = await db.Users.Where(u => u.Id == round.RequestedById).Select(u => u.DisplayName).FirstOrDefaultAsync(cancellationToken);
        var against = await db.Rounds.Where(r => r.Id == round.GateAgainstRoundId).Select(r => (int?)r.Number).FirstOrDefaultAsync(cancellationToken);
        var before = await db.Rounds.AsNoTracking().Where(r => r.ProjectId == round.ProjectId && r.State == RoundState.Completed && r.Number < round.Number)
            .OrderByDescending(r => r.Number).FirstOrDefaultAsync(cancellationToken);
        return new RoundDetail(round, epochs, thresholds, requestedBy, against, before, await PromotionService.DataChangedAsync(db, round, cancellationToken));
    }

    private async Task<Result<int>> StartAsync(int projectId, string? userId, int newLabels, CancellationToken cancellationToken, Round? again = null, KeyedRequest? asked = null)
    {
        WeightsFile? weights = null;
        while (true)
        {
            var (outcome, begun, unread) = await TryStartAsync(projectId, userId, newLabels, again, asked, weights, cancellationToken);
            if (unread is not null)
            {
                // Between two transactions: a file may be large, and while one lasts nobody can answer.
                var hash = await WeightsFiles.HashAsync(storage, unread, cancellationToken);
                if (!hash.Succeeded)
                {
                    if (userId is null)
                    {
                        // Whoever gave the label did not ask for a round: a lead must hear of it.
                        await alarms.RaiseLostWeightsAsync(projectId, unread, hash.Error!, cancellationToken);
                    }

                    return Result.Refused(hash.Error!);
                }

                weights = new WeightsFile(unread, hash.Value);
                continue;
            }

            if (outcome.Succeeded && begun is { } id)
            {
                // A crash between the two leaves a queued round without a job; the worker finds such rounds when it starts.
                await jobs.ScheduleRoundAsync(id, cancellationToken);
            }

            return outcome;
        }
    }

    private async Task<Attempt> TryStartAsync(
        int projectId, string? userId, int newLabels, Round? again, KeyedRequest? asked, WeightsFile? weights, CancellationToken cancellationToken)
    {
        int? begun = null;
        string? unread = null;
        var entered = await contexts.ChangeAsync<Result<int>>(
            async db =>
            {
                // What follows from labels is nobody's wish but the project's setting.
                if (userId is not null && await ActorRight.InProjectAsync(db, projectId, Roles.Lead, userId) is { Succeeded: false } denied)
                {
                    return denied;
                }

                return await Once.DoAsync(db, asked, time.GetUtcNow().UtcDateTime, async () =>
                {
                    (var round, begun, unread) = await EnterAsync(db, projectId, userId, newLabels, again, weights, cancellationToken);
                    return round;
                });
            },
            cancellationToken);
        return new Attempt(entered, begun, unread);
    }

    private static Attempt Refused(string sentence) => new(Result.Refused(sentence));

    private async Task<Attempt> EnterAsync(
        AppDbContext db, int projectId, string? userId, int newLabels, Round? again, WeightsFile? weights, CancellationToken cancellationToken)
    {
        var project = await db.Projects.AsNoTracking().Include(p => p.Classes).FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken);
        if (project is null)
        {
            return Refused("This project no longer exists.");
        }

        if (await db.Rounds.AnyAsync(r => r.ProjectId == projectId && RoundStates.Active.Contains(r.State), cancellationToken))
        {
            return Refused("A round is already waiting or running.");
        }

        // A round that was run again has older labels than the one before it.
        var last = await db.Rounds.Where(r => r.ProjectId == projectId).GroupBy(r => r.ProjectId)
            .Select(all => new { Number = all.Max(r => r.Number), LabelSnapshot = all.Max(r => r.LabelSnapshot) }).FirstOrDefaultAsync(cancellationToken);
        if (newLabels > 0 && await LabelSnapshot.LabelsSince(db, projectId, last?.LabelSnapshot ?? 0).CountAsync(cancellationToken) < newLabels)
        {
            return Refused("Not enough new labels yet.");
        }

        var lastEvent = again?.LabelSnapshot ?? await LabelSnapshot.LastEventAsync(db, projectId, cancellationToken);
        var consensus = again?.Consensus ?? project.Consensus;
        var snapshot = await LabelSnapshot.ReadAsync(db, projectId, lastEvent, consensus, cancellationToken);
        var labels = snapshot.Labels.Count;
        if (snapshot.Labels.Values.GroupBy(c => c).Count(c => c.Count() >= MinimumLabelsPerClass) < 2)
        {
            return Refused($"A round needs at least {MinimumLabelsPerClass} labels in each of two classes; label a few more images first.");
        }

        var training = await db.Images.CountAsync(i => i.ProjectId == projectId && i.Split == DataSplit.Training, cancellationToken);
        var pool = training - labels - snapshot.Unreadable.Count - snapshot.Disputed.Count;
        var number = (last?.Number ?? 0) + 1;
        var (beginning, beginningRound, beginningFile) = again is null
            ? await BeginningAsync(db, project, cancellationToken)
            : (again.Beginning, again.BeginningRound, again.BeginningFile);
        if (beginningFile is not null && beginningFile != weights?.Name)
        {
            return new Attempt(Result.Refused("The file of weights is still to be read."), Unread: beginningFile);
        }

        if (again?.BeginningFileHash is { } before && before != weights?.Hash)
        {
            return Refused($"Round {again.Number} began with the {WeightsFiles.Describe(again.BeginningFile!, before)}, and the file of that name is another one now.");
        }

        var round = new Round
        {
            ProjectId = projectId,
            Number = number,
            RequestedById = userId,
            RequestedUtc = time.GetUtcNow().UtcDateTime,
            LabelSnapshot = lastEvent,
            Consensus = consensus,
            LabelCount = labels,
            PoolCount = pool,
            Seed = again?.Seed ?? project.Seed + number,
            Method = again?.Method ?? await MethodAsync(db, projectId, cancellationToken),
            ImageSize = again?.ImageSize ?? project.ImageSize,
            Epochs = again?.Epochs ?? project.Epochs,
            Beginning = beginning,
            BeginningRound = beginningRound,
            BeginningFile = beginningFile,
            BeginningFileHash = beginningFile is null ? null : weights!.Hash,
            Acquisition = again?.Acquisition ?? project.Acquisition,
            SilentFailureThreshold = again?.SilentFailureThreshold ?? project.SilentFailureThreshold,
            CertifiedRate = again?.CertifiedRate ?? project.CertifiedRate,
            CertifiedDoubt = again?.CertifiedDoubt ?? project.CertifiedDoubt,
        };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(cancellationToken);
        return new Attempt(round.Id, Begun: round.Id);
    }

    /// <summary>Ours where it can be had: its filter is calibrated on validation images, without which the method is the published one.</summary>
    private static async Task<string> MethodAsync(AppDbContext db, int projectId, CancellationToken cancellationToken) =>
        await db.Images.AnyAsync(i => i.ProjectId == projectId && i.Split == DataSplit.Validation && i.ReferenceClass != null, cancellationToken) ? "safemed-ssl-plus" : "safemed-ssl";

    /// <summary>The weights that a project's next round begins with, and the round or the file that they are of, where they are of one.</summary>
    private static async Task<(Beginning Beginning, int? Round, string? File)> BeginningAsync(AppDbContext db, Project project, CancellationToken cancellationToken)
    {
        if (project.Beginning != Beginning.ActiveModel)
        {
            return (project.Beginning, null, project.Beginning == Beginning.File ? project.BeginningFile ?? "" : null);
        }

        var active = await db.Rounds.Where(r => r.Id == project.ActiveRoundId).Select(r => (int?)r.Number).FirstOrDefaultAsync(cancellationToken);
        return (active is null ? Beginning.ImageNet : Beginning.ActiveModel, active, null);
    }

    /// <summary>A file of weights as it was read.</summary>
    private sealed record WeightsFile(string Name, string Hash);

    /// <summary>What came of asking for a round.</summary>
    /// <param name="Outcome">What the caller is told.</param>
    /// <param name="Begun">The round that was queued; null where none was, also where the same request was done before.</param>
    /// <param name="Unread">The file of weights without which it cannot be queued; it is asked for again with that.</param>
    private readonly record struct Attempt(Result<int> Outcome, int? Begun = null, string? Unread = null);
}
