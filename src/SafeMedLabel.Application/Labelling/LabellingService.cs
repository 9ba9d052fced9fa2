using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>Hands images out in queue order, each to as many readers as it wants readings, and stores what readers say.</summary>
/// <remarks>
/// Every operation is one short write transaction. SQLite takes the write lock at its beginning, so what it reads cannot
/// change before it writes: two readers who ask at the same instant get different images.
/// </remarks>
public sealed class LabellingService(IDbContextFactory<AppDbContext> contexts, RoundService rounds, TimeProvider time) : IDisposable
{
    /// <summary>The most images one call leases.</summary>
    public const int MaximumLeases = 24;

    /// <summary>Images that wait for a further reading among which one for this reader is sought where there are fresh ones too.</summary>
    private const int WaitingWindow = 256;

    /// <summary>A lease is not written anew for less.</summary>
    private static readonly TimeSpan RenewalStep = TimeSpan.FromSeconds(20);

    private readonly SemaphoreSlim _turn = new(1);

    /// <summary>
    /// The images this reader holds and, up to <paramref name="count"/>, the next for them, which it leases. Asking again
    /// gives the same ones with their leases renewed, so a reload or a lost connection costs nothing.
    /// </summary>
    public Task<QueueView> OpenAsync(int projectId, string readerId, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaximumLeases);
        return InTurnAsync(
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

    /// <summary>Stores an answer. When it returns, the database has it. The same <see cref="AnswerRequest.ClientKey"/> twice stores once.</summary>
    public async Task<Result> AnswerAsync(AnswerRequest request, CancellationToken cancellationToken = default)
    {
        if (request.Kind is not (AnswerKind.Label or AnswerKind.Skip or AnswerKind.Unreadable))
        {
            return Result.Refused("An answer is a class, a skip or 'unreadable'.");
        }

        int? retrainAfter = null;
        var stored = await InTurnAsync(
            async db =>
            {
                var project = await LabellingQueries.Project(db, request.ProjectId);
                retrainAfter = project?.RetrainAfterLabels;
                return project is null ? Result.Refused("This project no longer exists.") : await StoreAsync(db, project, request, cancellationToken);
            },
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
        InTurnAsync(db => TakeBackAsync(db, projectId, readerId, cancellationToken), cancellationToken);

    /// <summary>Why this reader was shown an image; null until they have read it, for it could give away what the model thinks.</summary>
    public async Task<WhyShown?> WhyAsync(int projectId, Guid imageId, string readerId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var shown = await (from answer in db.Answers
                           join stored in db.LabelEvents on answer.EventId equals stored.Id
                           join image in db.Images on answer.ImageId equals image.Id
                           where answer.ProjectId == projectId && answer.ImageId == imageId && answer.ReaderId == readerId && answer.Kind != AnswerKind.Skip
                           select new { stored.Reason, stored.QueueRoundId, image.QueueRank, image.AcquisitionScore }).FirstOrDefaultAsync(cancellationToken);
        if (shown?.Reason is not { } reason)
        {
            return null;
        }

        var round = await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.Id == shown.QueueRoundId, cancellationToken);
        var isRanked = round is not null && shown.QueueRank != ProjectImage.Unranked;
        return new WhyShown(reason, isRanked ? shown.QueueRank + 1 : null, round?.ScoredCount ?? 0, isRanked ? shown.AcquisitionScore : null, round?.Number, round?.FinishedUtc);
    }

    /// <summary>How far a project is.</summary>
    public async Task<LabellingProgress> ProgressAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var pool = await db.Images.CountAsync(i => i.ProjectId == projectId && i.Split == DataSplit.Training, cancellationToken);
        var answers = db.Answers.Where(a => a.ProjectId == projectId);
        var labelled = await answers.Where(a => a.Kind == AnswerKind.Label).Select(a => a.ImageId).Distinct().CountAsync(cancellationToken);
        var unreadable = await answers.Where(a => a.Kind == AnswerKind.Unreadable).Select(a => a.ImageId).Distinct().CountAsync(cancellationToken);
        return new LabellingProgress(pool, labelled, unreadable);
    }

    /// <inheritdoc />
    public void Dispose() => _turn.Dispose();

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>
    /// SQLite lets one write at a time and the others ask again after a pause; who waits here goes on at once. All of the work is done in
    /// turn, its reading too: one connection then serves everybody, and keeps the pages it has read, which another's writes would take.
    /// </summary>
    private async Task<T> InTurnAsync<T>(Func<AppDbContext, Task<T>> work, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var result = await work(db);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            return result;
        }
        finally
        {
            _turn.Release();
        }
    }

    private async Task<List<QueueImage>> LeaseAsync(AppDbContext db, Project project, string readerId, int count, CancellationToken cancellationToken)
    {
        var now = Now;
        var expires = now.AddMinutes(project.LeaseMinutes);
        await LapseAsync(db, project.Id, readerId, now, cancellationToken);
        var held = await ResumeAsync(db, project.Id, readerId, expires, cancellationToken);
        var order = held.Count == 0 ? 0 : held[^1].Lease.Order;
        var views = held.Take(count).Select(h => h.View).ToList();
        foreach (var (image, reason, wasSkipped) in await NextAsync(db, project, readerId, count - held.Count, cancellationToken))
        {
            var lease = new Lease { ImageId = image.Id, ReaderId = readerId, ProjectId = project.Id, Reason = reason, Order = ++order, ExpiresUtc = expires };
            image.ReadingsTaken++;
            db.Leases.Add(lease);
            views.Add(new QueueImage(image.Id, image.Width, image.Height, wasSkipped));
        }

        // What a reader without an image is told is asked of the database.
        await db.SaveChangesAsync(cancellationToken);
        return views;
    }

    /// <summary>Colleagues who held an image too long give their place back; while nobody takes it, their late answer still counts.</summary>
    private static async Task LapseAsync(AppDbContext db, int projectId, string readerId, DateTime now, CancellationToken cancellationToken)
    {
        var expired = await LabellingQueries.Expired(db, projectId, readerId, now).ToListAsync(cancellationToken);
        foreach (var lease in expired)
        {
            lease.HasLapsed = true;
            (await LabellingQueries.Image(db, lease.ImageId))!.ReadingsTaken--;
        }

        if (expired.Count > 0)
        {
            // What is free is asked of the database next.
            await db.SaveChangesAsync(cancellationToken);
        }
    }

    /// <summary>What this reader holds, renewed; of what they lost, that whose place is still free.</summary>
    private static async Task<List<LabellingQueries.HeldImage>> ResumeAsync(AppDbContext db, int projectId, string readerId, DateTime expires, CancellationToken cancellationToken)
    {
        var held = new List<LabellingQueries.HeldImage>();
        foreach (var mine in await LabellingQueries.Held(db, projectId, readerId).ToListAsync(cancellationToken))
        {
            var lease = mine.Lease;
            if (lease.HasLapsed)
            {
                var image = (await LabellingQueries.Image(db, lease.ImageId))!;
                if (image.ReadingsTaken >= image.ReadingsWanted)
                {
                    db.Leases.Remove(lease);
                    continue;
                }

                lease.HasLapsed = false;
                image.ReadingsTaken++;
            }

            if (expires - lease.ExpiresUtc > RenewalStep)
            {
                lease.ExpiresUtc = expires;
            }

            held.Add(mine);
        }

        return held;
    }

    /// <summary>The next images for a reader: some drawn at random, the others by rank; when there are none, those that this reader skipped.</summary>
    private static async Task<List<(ProjectImage Image, QueueReason Reason, bool WasSkipped)>> NextAsync(
        AppDbContext db, Project project, string readerId, int count, CancellationToken cancellationToken)
    {
        var next = new List<(ProjectImage Image, QueueReason Reason, bool WasSkipped)>();
        if (count <= 0)
        {
            return next;
        }

        // Before the first round every image is drawn at random. What was drawn is stored with the answer.
        var audits = project.QueueRoundId is null ? 0 : Enumerable.Range(0, count).Count(_ => Random.Shared.NextDouble() < project.AuditFraction);
        if (audits > 0)
        {
            // The order of content hashes is a random one that stays: what is drawn by it is a simple random sample of the pool.
            var drawn = UnseenBy(db, readerId, Open(db, project.Id)).OrderBy(i => i.ContentHash).Take(audits);
            next.AddRange((await drawn.ToListAsync(cancellationToken)).Select(i => (i, QueueReason.Audit, false)));
        }

        var ranked = await ByRankAsync(db, project, readerId, count, cancellationToken);
        next.AddRange(ranked.Where(r => next.TrueForAll(n => n.Image.Id != r.Image.Id)).Take(count - next.Count).Select(r => (r.Image, r.Reason, false)).ToList());
        if (next.Count < count)
        {
            var skipped = from image in Open(db, project.Id)
                          join answer in db.Answers on image.Id equals answer.ImageId
                          where answer.ReaderId == readerId && answer.Kind == AnswerKind.Skip && !db.Leases.Any(l => l.ImageId == image.Id && l.ReaderId == readerId)
                          orderby answer.EventId
                          select image;
            next.AddRange((await skipped.Take(count - next.Count).ToListAsync(cancellationToken)).Select(i => (i, QueueReason.Ranked, true)));
        }

        return next;
    }

    /// <summary>The first <paramref name="count"/> in rank that this reader has not seen, be they the first to read them or not.</summary>
    private static async Task<IEnumerable<(ProjectImage Image, QueueReason Reason)>> ByRankAsync(
        AppDbContext db, Project project, string readerId, int count, CancellationToken cancellationToken)
    {
        var fresh = await LabellingQueries.Fresh(db, project.Id, readerId, count).ToListAsync(cancellationToken);
        var next = fresh.Select(image => (Image: image, Reason: QueueReason.Ranked)).ToList();
        var readings = Math.Max(project.ReadingsPerImage, project.SecondReadingFraction > 0 ? 2 : 1);
        for (var taken = 1; taken < readings; taken++)
        {
            var waiting = InOrder(Open(db, project.Id).Where(i => i.ReadingsTaken == taken));
            // Who has read nearly all of them had better take a fresh one than look through all of them for each image.
            var near = fresh.Count == count ? waiting.Take(WaitingWindow) : waiting;
            next.AddRange((await InOrder(UnseenBy(db, readerId, near)).Take(count).ToListAsync(cancellationToken)).Select(image => (image, QueueReason.SecondReading)));
        }

        return next.OrderBy(n => n.Image.QueueRank).ThenBy(n => n.Image.ContentHash, StringComparer.Ordinal);
    }

    /// <summary>Images of the pool that want more readings than they have and are promised.</summary>
    private static IQueryable<ProjectImage> Open(AppDbContext db, int projectId) =>
        db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training && i.ReadingsTaken < i.ReadingsWanted);

    private static IQueryable<ProjectImage> UnseenBy(AppDbContext db, string readerId, IQueryable<ProjectImage> images) => images.Where(i =>
        !db.Answers.Any(a => a.ImageId == i.Id && a.ReaderId == readerId) && !db.Leases.Any(l => l.ImageId == i.Id && l.ReaderId == readerId));

    private static IQueryable<ProjectImage> InOrder(IQueryable<ProjectImage> images) => images.OrderBy(i => i.QueueRank).ThenBy(i => i.ContentHash);

    private static async Task<QueueView> NothingToReadAsync(AppDbContext db, int projectId, string readerId, CancellationToken cancellationToken)
    {
        var pool = db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training);
        var unfinished = pool.Where(i => i.ReadingsGiven < i.ReadingsWanted);
        if (await unfinished.AnyAsync(i => !db.Answers.Any(a => a.ImageId == i.Id && a.ReaderId == readerId && a.Kind != AnswerKind.Skip), cancellationToken))
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

    private async Task<Result> StoreAsync(AppDbContext db, Project project, AnswerRequest request, CancellationToken cancellationToken)
    {
        if (await LabellingQueries.IsStored(db, request.ClientKey))
        {
            return Result.Done;
        }

        if (request.Kind == AnswerKind.Label && !project.Classes.Exists(c => c.Index == request.ClassIndex))
        {
            return Result.Refused("This project has no such class.");
        }

        var image = await LabellingQueries.Image(db, request.ImageId);
        if (image is null || image.ProjectId != request.ProjectId || image.Split != DataSplit.Training)
        {
            return Result.Refused("This image is not in the queue.");
        }

        // An expired lease still counts while nobody else took the image: a slow answer is not a lost one.
        var lease = await LabellingQueries.Lease(db, request.ImageId, request.ReaderId);
        if (lease is null || (lease.HasLapsed && image.ReadingsTaken >= image.ReadingsWanted))
        {
            return Result.Refused("This image was handed to a colleague meanwhile; your answer was not stored.");
        }

        var stored = new LabelEvent
        {
            ProjectId = request.ProjectId,
            ImageId = request.ImageId,
            ReaderId = request.ReaderId,
            Kind = request.Kind,
            ClassIndex = request.Kind == AnswerKind.Label ? request.ClassIndex : null,
            AtUtc = Now,
            ElapsedMilliseconds = Math.Max(0, request.ElapsedMilliseconds),
            ClientKey = request.ClientKey,
            QueueRoundId = project.QueueRoundId,
            Reason = lease.Reason,
        };
        db.LabelEvents.Add(stored);
        db.Leases.Remove(lease);
        // The event's key is wanted below.
        await db.SaveChangesAsync(cancellationToken);

        var answer = await LabellingQueries.Answer(db, stored.ImageId, stored.ReaderId);
        if (answer is null)
        {
            answer = new Answer { ImageId = stored.ImageId, ReaderId = stored.ReaderId, ProjectId = stored.ProjectId, Kind = AnswerKind.Skip };
            db.Answers.Add(answer);
        }

        var readings = Readings(stored.Kind) - Readings(answer.Kind);
        image.ReadingsGiven += readings;
        image.ReadingsTaken += readings - (lease.HasLapsed ? 0 : 1);
        (answer.Kind, answer.ClassIndex, answer.EventId) = (stored.Kind, stored.ClassIndex, stored.Id);
        return Result.Done;
    }

    private async Task<Result<ReaderAnswer>> TakeBackAsync(AppDbContext db, int projectId, string readerId, CancellationToken cancellationToken)
    {
        if (await LabellingQueries.Last(db, projectId, readerId) is not { } last)
        {
            return Result.Refused("There is nothing to take back.");
        }

        var (answer, stored) = last;
        var now = Now;
        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == projectId, cancellationToken);
        await LapseAsync(db, projectId, readerId, now, cancellationToken);
        var image = (await LabellingQueries.Image(db, answer.ImageId))!;
        var lease = await LabellingQueries.Lease(db, answer.ImageId, readerId);
        image.ReadingsGiven -= Readings(answer.Kind);
        image.ReadingsTaken -= Readings(answer.Kind);
        if (lease is null or { HasLapsed: true })
        {
            if (image.ReadingsTaken >= image.ReadingsWanted)
            {
                db.ChangeTracker.Clear();
                return Result.Refused("A colleague is reading this image now; it cannot be taken back.");
            }

            image.ReadingsTaken++;
        }

        if (lease is null)
        {
            lease = new Lease { ImageId = answer.ImageId, ProjectId = projectId, ReaderId = readerId, Reason = stored.Reason ?? QueueReason.Ranked };
            db.Leases.Add(lease);
        }

        var first = await db.Leases.Where(l => l.ProjectId == projectId && l.ReaderId == readerId).MinAsync(l => (long?)l.Order, cancellationToken) ?? 0;
        (lease.HasLapsed, lease.Order, lease.ExpiresUtc) = (false, first - 1, now.AddMinutes(project.LeaseMinutes));
        db.LabelEvents.Add(new LabelEvent
        {
            ProjectId = projectId,
            ImageId = answer.ImageId,
            ReaderId = readerId,
            Kind = AnswerKind.Undo,
            AtUtc = now,
            ClientKey = Guid.NewGuid(),
            QueueRoundId = project.QueueRoundId,
        });
        db.Answers.Remove(answer);
        return last.AsGiven;
    }

    /// <summary>A skip is no reading.</summary>
    private static int Readings(AnswerKind kind) => kind == AnswerKind.Skip ? 0 : 1;
}
