using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Requests;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>Finds the images whose readers do not agree, and stores what is decided of them.</summary>
public sealed class AdjudicationService(IDbContextFactory<AppDbContext> contexts, TimeProvider time)
{
    /// <summary>
    /// A project's disputed images, whose readings are all in and which nobody has decided, in the order of their content hashes; then those
    /// whose known class is doubted, without that class. Who gave a reading cannot be told from it.
    /// </summary>
    public async Task<IReadOnlyList<DisputedImage>> DisputedAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await LabellingQueries.Project(db, projectId) is not { } project)
        {
            return [];
        }

        var consensus = await Consensus.OfAsync(db, project, cancellationToken);
        var differing = db.Answers.Where(a => a.ProjectId == projectId && a.Kind == AnswerKind.Label)
            .GroupBy(a => a.ImageId).Where(g => g.Min(a => a.ClassIndex) != g.Max(a => a.ClassIndex)).Select(g => g.Key);
        var readings = await (from image in db.Images
                              join answer in db.Answers on image.Id equals answer.ImageId
                              where differing.Contains(image.Id) && image.ReadingsGiven >= image.ReadingsWanted
                                  && answer.Kind != AnswerKind.Skip && !db.Adjudications.Any(a => a.ImageId == image.Id)
                              orderby image.ContentHash
                              select new { image.Id, answer.ReaderId, answer.ClassIndex }).ToListAsync(cancellationToken);
        return
        [
            .. from image in readings.GroupBy(r => r.Id)
               where consensus.Of([.. image.Where(r => r.ClassIndex is not null).Select(r => new Vote(r.ReaderId, r.ClassIndex!.Value))]) is null
               select new DisputedImage(image.Key, [.. image.OrderBy(r => Place(r.Id, r.ReaderId), StringComparer.Ordinal).Select(r => r.ClassIndex)]),
            .. (await db.ReferenceDoubts.Where(d => d.ProjectId == projectId && !db.Adjudications.Any(a => a.ImageId == d.ImageId))
                .OrderBy(d => d.AtUtc).Select(d => d.ImageId).ToListAsync(cancellationToken)).Select(id => new DisputedImage(id, []))
        ];
    }

    /// <summary>Asks for an image whose known class somebody doubts to be adjudicated. Asked twice, it is asked once.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="imageId">An image of it that came with a class and is not for readers.</param>
    /// <param name="userId">Who doubts.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Result> DoubtAsync(int projectId, Guid imageId, string userId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead, userId) is { Succeeded: false } denied)
            {
                return denied;
            }

            if (!await db.Images.AnyAsync(
                i => i.Id == imageId && i.ProjectId == projectId && i.ReferenceClass != null && i.Split != DataSplit.Training && i.Split != DataSplit.Gold, cancellationToken))
            {
                return Result.Refused("Only images of known class that no reader is asked about can be sent to adjudication like this.");
            }

            if (await db.Adjudications.AnyAsync(a => a.ImageId == imageId, cancellationToken))
            {
                return Result.Refused("This image has been decided already.");
            }

            if (!await db.ReferenceDoubts.AnyAsync(d => d.ImageId == imageId, cancellationToken))
            {
                db.ReferenceDoubts.Add(new ReferenceDoubt { ImageId = imageId, ProjectId = projectId, ById = userId, AtUtc = time.GetUtcNow().UtcDateTime });
            }

            return Result.Done;
        },
        cancellationToken);

    /// <summary>Takes a doubt back that nobody has decided yet.</summary>
    public Task<Result> WithdrawDoubtAsync(int projectId, Guid imageId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead) is { Succeeded: false } denied)
            {
                return denied;
            }

            var doubt = await db.ReferenceDoubts.FirstOrDefaultAsync(d => d.ImageId == imageId && d.ProjectId == projectId && !db.Adjudications.Any(a => a.ImageId == imageId), cancellationToken);
            if (doubt is null)
            {
                return Result.Refused("A colleague has decided this image meanwhile.");
            }

            db.ReferenceDoubts.Remove(doubt);
            return Result.Done;
        },
        cancellationToken);

    /// <summary>Stores a decision. Sent again under the same <paramref name="clientKey"/> it is stored once.</summary>
    /// <param name="projectId">The project.</param>
    /// <param name="imageId">The image.</param>
    /// <param name="adjudicatorId">Who decides.</param>
    /// <param name="classIndex">The class; null where the image cannot be read.</param>
    /// <param name="clientKey">Made once per decision.</param>
    /// <param name="cancellationToken">Gives up waiting.</param>
    public Task<Result> DecideAsync(int projectId, Guid imageId, string adjudicatorId, int? classIndex, Guid clientKey, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead, adjudicatorId) is { Succeeded: false } denied)
            {
                return denied;
            }

            var asked = new KeyedRequest(clientKey, adjudicatorId, projectId, RequestKind.Decision, imageId, classIndex);
            return await Once.DoAsync(db, asked, time.GetUtcNow().UtcDateTime, () => StoreAsync(db, projectId, imageId, adjudicatorId, classIndex, clientKey, cancellationToken));
        },
        cancellationToken);

    /// <summary>Takes this person's last decision back, and returns its image.</summary>
    public Task<Result<Guid>> TakeBackAsync(int projectId, string adjudicatorId, CancellationToken cancellationToken = default) => contexts.ChangeAsync<Result<Guid>>(
        async db =>
        {
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead, adjudicatorId) is { Succeeded: false } denied)
            {
                return denied;
            }

            var last = await db.Adjudications.Where(a => a.ProjectId == projectId && a.AdjudicatorId == adjudicatorId).OrderByDescending(a => a.EventId).FirstOrDefaultAsync(cancellationToken);
            if (last is null)
            {
                return Result.Refused("There is nothing to take back.");
            }

            db.LabelEvents.Add(Event(projectId, last.ImageId, adjudicatorId, AnswerKind.Undo, null, Guid.NewGuid()));
            db.Adjudications.Remove(last);
            return last.ImageId;
        },
        cancellationToken);

    private async Task<Result> StoreAsync(
        AppDbContext db, int projectId, Guid imageId, string adjudicatorId, int? classIndex, Guid clientKey, CancellationToken cancellationToken)
    {
        var project = await LabellingQueries.Project(db, projectId);
        if (project is null || (classIndex is not null && !project.Classes.Exists(c => c.Index == classIndex)))
        {
            return Result.Refused("This project has no such class.");
        }

        if (await db.Adjudications.AnyAsync(a => a.ImageId == imageId, cancellationToken))
        {
            return Result.Refused("A colleague has decided this image meanwhile; your decision was not stored.");
        }

        if (!await db.Answers.AnyAsync(a => a.ImageId == imageId && a.ProjectId == projectId && a.Kind != AnswerKind.Skip, cancellationToken)
            && !await db.ReferenceDoubts.AnyAsync(d => d.ImageId == imageId && d.ProjectId == projectId, cancellationToken))
        {
            return Result.Refused("Nobody has read this image yet.");
        }

        var stored = Event(projectId, imageId, adjudicatorId, classIndex is null ? AnswerKind.Unreadable : AnswerKind.Label, classIndex, clientKey);
        db.LabelEvents.Add(stored);
        await db.SaveChangesAsync(cancellationToken);
        db.Adjudications.Add(new Adjudication { ImageId = imageId, ProjectId = projectId, AdjudicatorId = adjudicatorId, ClassIndex = classIndex, EventId = stored.Id });
        return Result.Done;
    }

    private LabelEvent Event(int projectId, Guid imageId, string adjudicatorId, AnswerKind kind, int? classIndex, Guid clientKey) => new()
    {
        ProjectId = projectId,
        ImageId = imageId,
        ReaderId = adjudicatorId,
        Kind = kind,
        ClassIndex = classIndex,
        AtUtc = time.GetUtcNow().UtcDateTime,
        ClientKey = clientKey,
        Reason = QueueReason.Adjudication,
    };

    /// <summary>Another order of the readers for each image: 'reader A' is nobody in particular.</summary>
    private static string Place(Guid imageId, string readerId) => Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes($"{imageId} {readerId}")));
}
