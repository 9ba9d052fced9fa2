using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>Hands images out in queue order, one reader an image, and stores what readers say.</summary>
/// <remarks>
/// Every operation is one short write transaction. SQLite takes the write lock at its beginning, so what it reads cannot
/// change before it writes: two readers who ask at the same instant get different images.
/// </remarks>
public sealed class LabellingService(IDbContextFactory<AppDbContext> contexts, RoundService rounds, TimeProvider time)
{
    /// <summary>The most images one call leases.</summary>
    public const int MaximumLeases = 24;

    /// <summary>
    /// The images this reader holds and, up to <paramref name="count"/>, the next in rank, which it leases. Asking again
    /// gives the same ones with their leases renewed, so a reload or a lost connection costs nothing.
    /// </summary>
    public async Task<QueueView> OpenAsync(int projectId, string readerId, int count, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, MaximumLeases);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);

        var project = await db.Projects.AsNoTracking().FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken);
        if (project is null)
        {
            return new QueueView(QueueState.Empty, [], null);
        }

        var now = Now;
        var expires = now.AddMinutes(project.LeaseMinutes);
        var held = await db.Leases.Where(l => l.ProjectId == projectId && l.ReaderId == readerId).OrderBy(l => l.Order).ToListAsync(cancellationToken);
        foreach (var lease in held)
        {
            lease.ExpiresUtc = expires;
        }

        if (held.Count < count)
        {
            var nextOrder = held.Count == 0 ? 0 : held[^1].Order + 1;
            var chosen = await NextInRank(db, projectId, readerId, now, count - held.Count, cancellationToken);
            var expired = await db.Leases.Where(l => chosen.Contains(l.ImageId)).ToDictionaryAsync(l => l.ImageId, cancellationToken);
            foreach (var imageId in chosen)
            {
                if (!expired.TryGetValue(imageId, out var lease))
                {
                    lease = new Lease { ImageId = imageId, ReaderId = readerId, ProjectId = projectId };
                    db.Leases.Add(lease);
                }

                lease.ReaderId = readerId;
                lease.Order = nextOrder++;
                lease.ExpiresUtc = expires;
                held.Add(lease);
            }
        }

        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);

        var ids = held.Take(count).Select(l => l.ImageId).ToList();
        if (ids.Count == 0)
        {
            return await NothingToRead(db, projectId, readerId, now, cancellationToken);
        }

        var images = await db.Images.AsNoTracking().Where(i => ids.Contains(i.Id))
            .Select(i => new QueueImage(i.Id, i.Width, i.Height, db.Answers.Any(a => a.ImageId == i.Id && a.ReaderId == readerId && a.Kind == AnswerKind.Skip)))
            .ToDictionaryAsync(i => i.Id, cancellationToken);
        return new QueueView(QueueState.Ready, [.. ids.Select(id => images[id])], null);
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

        int? retrainAfter;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (await db.LabelEvents.AnyAsync(e => e.ClientKey == request.ClientKey, cancellationToken))
            {
                return Result.Done;
            }

            var project = await db.Projects.AsNoTracking().Include(p => p.Classes).FirstOrDefaultAsync(p => p.Id == request.ProjectId, cancellationToken);
            if (project is null)
            {
                return Result.Refused("This project no longer exists.");
            }

            if (request.Kind == AnswerKind.Label && !project.Classes.Exists(c => c.Index == request.ClassIndex))
            {
                return Result.Refused("This project has no such class.");
            }

            var image = await db.Images.AsNoTracking().FirstOrDefaultAsync(i => i.Id == request.ImageId && i.ProjectId == request.ProjectId, cancellationToken);
            if (image is null || image.Split != DataSplit.Training)
            {
                return Result.Refused("This image is not in the queue.");
            }

            // An expired lease still counts while nobody else took the image: a slow answer is not a lost one.
            var lease = await db.Leases.FirstOrDefaultAsync(l => l.ImageId == request.ImageId, cancellationToken);
            if (lease is null || lease.ReaderId != request.ReaderId)
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
            };
            db.LabelEvents.Add(stored);
            db.Leases.Remove(lease);
            await db.SaveChangesAsync(cancellationToken);
            await SetAnswer(db, stored, cancellationToken);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            retrainAfter = stored.Kind == AnswerKind.Label ? project.RetrainAfterLabels : null;
        }

        if (retrainAfter is { } newLabels)
        {
            // The label is stored: that a round cannot start yet is no reason to refuse it.
            await rounds.StartAfterLabelsAsync(request.ProjectId, newLabels, cancellationToken);
        }

        return Result.Done;
    }

    /// <summary>Takes this reader's last answer back and leases its image to them again, before all others.</summary>
    public async Task<Result<UndoneAnswer>> UndoAsync(int projectId, string readerId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var answer = await db.Answers.Where(a => a.ProjectId == projectId && a.ReaderId == readerId).OrderByDescending(a => a.EventId).FirstOrDefaultAsync(cancellationToken);
        if (answer is null)
        {
            return Result.Refused("There is nothing to take back.");
        }

        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == projectId, cancellationToken);
        var now = Now;
        var lease = await db.Leases.FirstOrDefaultAsync(l => l.ImageId == answer.ImageId, cancellationToken);
        if (lease is not null && lease.ReaderId != readerId && lease.ExpiresUtc > now)
        {
            return Result.Refused("A colleague is reading this image now; it cannot be taken back.");
        }

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

        var first = await db.Leases.Where(l => l.ProjectId == projectId && l.ReaderId == readerId).MinAsync(l => (long?)l.Order, cancellationToken) ?? 0;
        if (lease is null)
        {
            lease = new Lease { ImageId = answer.ImageId, ProjectId = projectId, ReaderId = readerId };
            db.Leases.Add(lease);
        }

        lease.ReaderId = readerId;
        lease.Order = first - 1;
        lease.ExpiresUtc = now.AddMinutes(project.LeaseMinutes);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return new UndoneAnswer(answer.ImageId, answer.Kind, answer.ClassIndex);
    }

    /// <summary>How far the project and this reader are.</summary>
    public async Task<LabellingProgress> ProgressAsync(int projectId, string readerId, DateTime sessionStartUtc, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var pool = await db.Images.CountAsync(i => i.ProjectId == projectId && i.Split == DataSplit.Training, cancellationToken);
        var answers = db.Answers.Where(a => a.ProjectId == projectId);
        var labelled = await answers.Where(a => a.Kind == AnswerKind.Label).Select(a => a.ImageId).Distinct().CountAsync(cancellationToken);
        var unreadable = await answers.Where(a => a.Kind == AnswerKind.Unreadable).Select(a => a.ImageId).Distinct().CountAsync(cancellationToken);
        var mine = answers.Where(a => a.ReaderId == readerId && a.Kind == AnswerKind.Label);
        var inAll = await mine.CountAsync(cancellationToken);
        var inSession = await mine.CountAsync(a => db.LabelEvents.Any(e => e.Id == a.EventId && e.AtUtc >= sessionStartUtc), cancellationToken);
        return new LabellingProgress(pool, labelled, unreadable, inSession, inAll);
    }

    private DateTime Now => time.GetUtcNow().UtcDateTime;

    /// <summary>Unanswered images that nobody holds, by rank; when there are none, those that this reader skipped, the oldest skip first.</summary>
    private static async Task<List<Guid>> NextInRank(AppDbContext db, int projectId, string readerId, DateTime now, int count, CancellationToken cancellationToken)
    {
        var free = db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training
            && !db.Answers.Any(a => a.ImageId == i.Id && a.Kind != AnswerKind.Skip)
            && !db.Leases.Any(l => l.ImageId == i.Id && (l.ReaderId == readerId || l.ExpiresUtc > now)));
        var next = await free.Where(i => !db.Answers.Any(a => a.ImageId == i.Id && a.ReaderId == readerId))
            .OrderBy(i => i.QueueRank).ThenBy(i => i.ContentHash).Select(i => i.Id).Take(count).ToListAsync(cancellationToken);
        if (next.Count < count)
        {
            var skipped = from image in free
                          join answer in db.Answers on image.Id equals answer.ImageId
                          where answer.ReaderId == readerId
                          orderby answer.EventId
                          select image.Id;
            next.AddRange(await skipped.Take(count - next.Count).ToListAsync(cancellationToken));
        }

        return next;
    }

    private static async Task<QueueView> NothingToRead(AppDbContext db, int projectId, string readerId, DateTime now, CancellationToken cancellationToken)
    {
        var nextFree = await db.Leases.Where(l => l.ProjectId == projectId && l.ReaderId != readerId && l.ExpiresUtc > now)
            .MinAsync(l => (DateTime?)l.ExpiresUtc, cancellationToken);
        if (nextFree is not null)
        {
            return new QueueView(QueueState.AllWithColleagues, [], nextFree);
        }

        var any = await db.Images.AnyAsync(i => i.ProjectId == projectId && i.Split == DataSplit.Training, cancellationToken);
        return new QueueView(any ? QueueState.Finished : QueueState.Empty, [], null);
    }

    private static async Task SetAnswer(AppDbContext db, LabelEvent stored, CancellationToken cancellationToken)
    {
        var answer = await db.Answers.FirstOrDefaultAsync(a => a.ImageId == stored.ImageId && a.ReaderId == stored.ReaderId, cancellationToken);
        if (answer is null)
        {
            answer = new Answer { ImageId = stored.ImageId, ReaderId = stored.ReaderId, ProjectId = stored.ProjectId };
            db.Answers.Add(answer);
        }

        answer.Kind = stored.Kind;
        answer.ClassIndex = stored.ClassIndex;
        answer.EventId = stored.Id;
    }
}
