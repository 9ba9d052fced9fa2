using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Requests;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>Hands images out in queue order, each to as many readers as it wants readings, and stores what readers say.</summary>
/// <remarks>
/// Every operation is one short write transaction. SQLite takes the write lock at its beginning, so what it reads cannot
/// change before it writes: two readers who ask at the same instant get different images.
/// </remarks>
public sealed class LabellingService(IDbContextFactory<AppDbContext> contexts, LabellingTurn turn, RoundService rounds, TimeProvider time)
{
    /// <summary>The most images one call leases.</summary>
    public const int MaximumLeases = 24;

    /// <summary>Images that wait for a further reading among which one for this reader is sought where there are fresh ones too.</summary>
    private const int WaitingWindow = 256;

    /// <summary>
    /// The images this reader holds and, up to <paramref name="count"/>, the next for them, which it leases. Asking again
    /// gives the same ones with their leases renewed, so a reload or a lost connection costs nothing.
    /// </summary>
    public Task<QueueView> OpenAsync(int projectId, string readerId, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaximumLeases);
        return turn.TryAsync(
            projectId,
            readerId,
            async db =>
            {
                var project = await LabellingQueries.Project(db, projectId);
                if (project is null)
                {
                    return new QueueView(QueueState.Empty, [], null);
                }

                var images = await LeaseAsync(db, project, readerId, count, cancellationToken);
                return images.Count > 0 ? new QueueView(QueueState.Ready, images, null) : await NothingToReadAsync(db, projectId, readerId, cancellationToken);
            },
            cancellationToken);
    }

    /// <summary>
    /// Other images of the same patient, for comparison: those that follow in the order of content hashes, which has nothing to do with
    /// classes, as the order of file names has. Empty where there is none, or no such image.
    /// </summary>
    public async Task<IReadOnlyList<Guid>> NeighboursAsync(int projectId, Guid imageId, int count, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var image = await db.Images.AsNoTracking().Where(i => i.ProjectId == projectId && i.Id == imageId)
            .Select(i => new { i.Patient, i.ContentHash }).FirstOrDefaultAsync(cancellationToken);
        if (image is null)
        {
            return [];
        }

        var ofPatient = db.Images.Where(i => i.ProjectId == projectId && i.Patient == image.Patient).OrderBy(i => i.ContentHash);
        var after = await ofPatient.Where(i => i.ContentHash.CompareTo(image.ContentHash) > 0).Select(i => i.Id).Take(count).ToListAsync(cancellationToken);
        var before = await ofPatient.Where(i => i.ContentHash.CompareTo(image.ContentHash) < 0).Select(i => i.Id).Take(count - after.Count).ToListAsync(cancellationToken);
        return [.. after, .. before];
    }

    /// <summary>Stores an answer. When it returns, the database has it. Sent again under the same <see cref="AnswerRequest.ClientKey"/> it is stored once.</summary>
    public async Task<Result> AnswerAsync(AnswerRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Kind is not (AnswerKind.Label or AnswerKind.Skip or AnswerKind.Unreadable))
        {
            return Result.Refused("An answer is a class, a skip or 'unreadable'.");
        }

        int? retrainAfter = null;
        var stored = await turn.TryAsync(
            request.ProjectId,
            request.ReaderId,
            db => Once.DoAsync(db, request.Keyed(RequestKind.Answer), Now, async () =>
            {
                var project = await LabellingQueries.Project(db, request.ProjectId);
                retrainAfter = project?.RetrainAfterLabels;
                return project is null ? Result.Refused("This project no longer exists.") : await Answering.StoreAsync(db, project, request, Now, cancellationToken);
            }),
            cancellationToken);
        if (stored.Succeeded && request.Kind == AnswerKind.Label && retrainAfter is { } newLabels)
        {
            // The label is stored: that a round cannot start yet is no reason to refuse it.
            await rounds.StartAfterLabelsAsync(request.ProjectId, newLabels, cancellationToken);
        }

        return stored;
    }

    /// <summary>This reader's last answer that stands; null where there is none.</summary>
    public async Task<ReaderAnswer?> LastAsync(int projectId, string readerId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return (await LabellingQueries.Last(db, projectId, readerId))?.AsGiven;
    }

    /// <summary>Takes this reader's last answer back and leases its image to them again, before all others.</summary>
    public Task<Result<ReaderAnswer>> UndoAsync(int projectId, string readerId, CancellationToken cancellationToken = default) =>
        turn.TryAsync(
            projectId,
            readerId,
            async db => await LabellingQueries.Last(db, projectId, readerId) is { } last
                ? await Answering.TakeBackAsync(db, last, Now, cancellationToken)
                : Result.Refused("There is nothing to take back."),
            cancellationToken);

    /// <summary>
    /// Why this reader was shown an image; null until they have read it, for it could give away what the model thinks. That they were told an
    /// image is of known class is stored before they are: from then on their answer stands. Null too for who may not read here any more.
    /// </summary>
    public async Task<WhyShown?> WhyAsync(int projectId, Guid imageId, string readerId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var shown = await (from answer in db.Answers
                           join stored in db.LabelEvents on answer.EventId equals stored.Id
                           join image in db.Images on answer.ImageId equals image.Id
                           where answer.ProjectId == projectId && answer.ImageId == imageId && answer.ReaderId == readerId && answer.Kind != AnswerKind.Skip
                           select new { stored.Reason, stored.QueueRoundId, image.QueueRank, image.AcquisitionScore }).FirstOrDefaultAsync(cancellationToken);
        if (shown?.Reason is not { } reason || !(await ActorRight.InProjectAsync(db, projectId, Roles.Pathologist, readerId)).Succeeded)
        {
            return null;
        }

        if (reason == QueueReason.Gold)
        {
            await TellAsync(projectId, imageId, readerId, cancellationToken);
        }

        var round = await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.Id == shown.QueueRoundId, cancellationToken);
        // Of a live ranking no places are kept, and the place in the round's is not why the image was shown.
        var isRanked = round is not null && shown.QueueRank != ProjectImage.Unranked && reason != QueueReason.LiveRanked;
        var opinion = isRanked ? await db.ModelOpinions.AsNoTracking().FirstOrDefaultAsync(o => o.ImageId == imageId && o.RoundId == shown.QueueRoundId, cancellationToken) : null;
        return new WhyShown(reason, isRanked ? shown.QueueRank + 1 : null, round?.ScoredCount ?? 0, isRanked ? shown.AcquisitionScore : null, round?.Number, round?.FinishedUtc)
        {
            Passes = opinion?.Passes ?? [],
        };
    }

    /// <summary>How far a project is.</summary>
    public async Task<LabellingProgress> ProgressAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var pool = await db.Images.CountAsync(i => i.ProjectId == projectId && i.Split == DataSplit.Training, cancellationToken);
        var gold = db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Gold).Select(i => i.Id);
        var answers = db.Answers.Where(a => a.ProjectId == projectId && !gold.Contains(a.ImageId));
        var labelled = await answers.Where(a => a.Kind == AnswerKind.Label).Select(a => a.ImageId).Distinct().CountAsync(cancellationToken);
        var unreadable = await answers.Where(a => a.Kind == AnswerKind.Unreadable).Select(a => a.ImageId).Distinct().CountAsync(cancellationToken);
        return new LabellingProgress(pool, labelled, unreadable);
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    private async Task<List<QueueImage>> LeaseAsync(AppDbContext db, Project project, string readerId, int count, CancellationToken cancellationToken)
    {
        var now = Now;
        var expires = now.AddMinutes(project.LeaseMinutes);
        await Leasing.LapseAsync(db, project.Id, readerId, now, cancellationToken);
        var held = await Leasing.ResumeAsync(db, project.Id, readerId, forGrid: false, expires, cancellationToken);
        var order = held.Count == 0 ? 0 : held[^1].Lease.Order;
        var views = held.Take(count).Select(h => h.View).ToList();
        var next = await NextAsync(db, project, readerId, count - held.Count, cancellationToken);
        if (held.Count == 0 && next.Count == 0)
        {
            // Nothing is left but what they hold of a grid, and do not read there.
            var ofGrid = await Leasing.ResumeAsync(db, project.Id, readerId, forGrid: true, expires, cancellationToken);
            await Leasing.GiveBackAsync(db, ofGrid.Select(h => h.Lease), cancellationToken);
            next = await NextAsync(db, project, readerId, count, cancellationToken);
        }

        foreach (var (image, reason, wasSkipped) in next)
        {
            Leasing.Give(db, image, readerId, reason, ++order, expires);
            views.Add(new QueueImage(image.Id, image.Width, image.Height, wasSkipped));
        }

        // What a reader without an image is told is asked of the database.
        await db.SaveChangesAsync(cancellationToken);
        return views;
    }

    /// <summary>
    /// The next images for a reader: first those of which somebody asked another reading, then some drawn at random and the others by rank; when there
    /// are none, those that this reader skipped.
    /// </summary>
    private static async Task<List<(ProjectImage Image, QueueReason Reason, bool WasSkipped)>> NextAsync(
        AppDbContext db, Project project, string readerId, int count, CancellationToken cancellationToken)
    {
        var next = new List<(ProjectImage Image, QueueReason Reason, bool WasSkipped)>();
        if (count <= 0)
        {
            return next;
        }

        next.AddRange((await LabellingQueries.Asked(db, project.Id, readerId, count).ToListAsync(cancellationToken)).Select(i => (i, QueueReason.SecondReading, false)));

        // Before anything ranks the queue every image is drawn at random. What was drawn is stored with the answer.
        var liveRanking = project.IsRankedBetweenRounds ? await LabellingQueries.LiveRanking(db, project.Id) : null;
        var audits = project.QueueRoundId is null && liveRanking is null ? 0 : Enumerable.Range(0, count - next.Count).Count(_ => Random.Shared.NextDouble() < project.AuditFraction);
        if (audits > 0)
        {
            // The order of content hashes is a random one that stays: what is drawn by it is a simple random sample of the pool.
            var asked = next.Select(n => n.Image.Id).ToList();
            var drawn = Leasing.UnseenBy(db, readerId, Leasing.Open(db, project.Id)).Where(i => !asked.Contains(i.Id)).OrderBy(i => i.ContentHash).Take(audits);
            next.AddRange((await drawn.ToListAsync(cancellationToken)).Select(i => (i, QueueReason.Audit, false)));
        }

        var ranked = await ByRankAsync(db, project, liveRanking, readerId, count, cancellationToken);
        next.AddRange(ranked.Where(r => next.TrueForAll(n => n.Image.Id != r.Image.Id)).Take(count - next.Count).Select(r => (r.Image, r.Reason, false)).ToList());
        if (next.Count < count)
        {
            var skipped = from image in Leasing.Open(db, project.Id)
                          join answer in db.Answers on image.Id equals answer.ImageId
                          where answer.ReaderId == readerId && answer.Kind == AnswerKind.Skip && !db.Leases.Any(l => l.ImageId == image.Id && l.ReaderId == readerId)
                          orderby answer.EventId
                          select image;
            next.AddRange((await skipped.Take(count - next.Count).ToListAsync(cancellationToken)).Select(i => (i, QueueReason.Ranked, true)));
        }

        return await MixGoldAsync(db, project, readerId, next, cancellationToken);
    }

    /// <summary>
    /// Puts images of known class in the places of some of the next: nothing tells them from the others. Where there is nothing else to read
    /// there is no gold either.
    /// </summary>
    private static async Task<List<(ProjectImage Image, QueueReason Reason, bool WasSkipped)>> MixGoldAsync(
        AppDbContext db, Project project, string readerId, List<(ProjectImage Image, QueueReason Reason, bool WasSkipped)> next, CancellationToken cancellationToken)
    {
        var places = project.GoldImages == 0 ? [] : Enumerable.Range(0, next.Count).Where(_ => Random.Shared.NextDouble() < project.GoldFraction).ToList();
        if (places.Count > 0)
        {
            // Each reader meets them in an order of their own.
            var unseen = Leasing.UnseenBy(db, readerId, db.Images.Where(i => i.ProjectId == project.Id && i.Split == DataSplit.Gold));
            foreach (var (place, gold) in places.Zip(await unseen.OrderBy(_ => EF.Functions.Random()).Take(places.Count).ToListAsync(cancellationToken)))
            {
                next[place] = (gold, QueueReason.Gold, false);
            }
        }

        return next;
    }

    private Task<bool> TellAsync(int projectId, Guid imageId, string readerId, CancellationToken cancellationToken) => turn.RunAsync(
        async db =>
        {
            if (!await LabellingQueries.Has(db, imageId, readerId, AnswerKind.Told))
            {
                db.LabelEvents.Add(new LabelEvent
                {
                    ProjectId = projectId,
                    ImageId = imageId,
                    ReaderId = readerId,
                    Kind = AnswerKind.Told,
                    AtUtc = Now,
                    ClientKey = Guid.NewGuid(),
                    Reason = QueueReason.Gold,
                });
            }

            return true;
        },
        cancellationToken);

    /// <summary>
    /// The first <paramref name="count"/> in rank that this reader has not seen, be they the first to read them or not. Where there is a live ranking:
    /// first what waits for another reading, then the ranking's images, then the others.
    /// </summary>
    private static async Task<IEnumerable<(ProjectImage Image, QueueReason Reason)>> ByRankAsync(
        AppDbContext db, Project project, int? liveRanking, string readerId, int count, CancellationToken cancellationToken)
    {
        var live = liveRanking is { } ranking ? await LabellingQueries.FreshLive(db, ranking, readerId, count).ToListAsync(cancellationToken) : [];
        var fresh = live.Count == count ? [] : await LabellingQueries.Fresh(db, project.Id, readerId, count).ToListAsync(cancellationToken);
        fresh.RemoveAll(image => live.Exists(l => l.Id == image.Id));
        var again = new List<ProjectImage>();
        var readings = Math.Max(project.ReadingsPerImage, project.SecondReadingFraction > 0 ? 2 : 1);
        for (var taken = 1; taken < readings; taken++)
        {
            var waiting = InOrder(Leasing.Open(db, project.Id).Where(i => i.ReadingsTaken == taken));
            // Who has read nearly all of them had better take a fresh one than look through all of them for each image.
            var near = live.Count + fresh.Count >= count ? waiting.Take(WaitingWindow) : waiting;
            again.AddRange(await InOrder(Leasing.UnseenBy(db, readerId, near)).Take(count).ToListAsync(cancellationToken));
        }

        var second = again.Select(image => (Image: image, Reason: QueueReason.SecondReading));
        var first = fresh.Select(image => (Image: image, Reason: QueueReason.Ranked));
        return live.Count == 0
            ? ByRank(first.Concat(second))
            : ByRank(second).Concat(live.Select(image => (Image: image, Reason: QueueReason.LiveRanked))).Concat(first);

        static IEnumerable<(ProjectImage Image, QueueReason Reason)> ByRank(IEnumerable<(ProjectImage Image, QueueReason Reason)> images) =>
            images.OrderBy(n => n.Image.QueueRank).ThenBy(n => n.Image.ContentHash, StringComparer.Ordinal);
    }

    private static IQueryable<ProjectImage> InOrder(IQueryable<ProjectImage> images) => images.OrderBy(i => i.QueueRank).ThenBy(i => i.ContentHash);

    private static async Task<QueueView> NothingToReadAsync(AppDbContext db, int projectId, string readerId, CancellationToken cancellationToken)
    {
        var pool = db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training);
        var unfinished = pool.Where(i => i.ReadingsGiven < i.ReadingsWanted);
        if (await unfinished.AnyAsync(
            i => !db.Answers.Any(a => a.ImageId == i.Id && a.ReaderId == readerId && a.Kind != AnswerKind.Skip)
                && !db.LabelAuditFindings.Any(f => f.ImageId == i.Id && f.SentById == readerId),
            cancellationToken))
        {
            var nextFree = await db.Leases.Where(l => l.ProjectId == projectId && !l.HasLapsed && l.ReaderId != readerId).MinAsync(l => (DateTime?)l.ExpiresUtc, cancellationToken);
            return new QueueView(QueueState.AllWithColleagues, [], nextFree);
        }

        if (await unfinished.AnyAsync(cancellationToken))
        {
            return new QueueView(QueueState.OthersToRead, [], null);
        }

        return new QueueView(await pool.AnyAsync(cancellationToken) ? QueueState.Finished : QueueState.Empty, [], null);
    }
}
