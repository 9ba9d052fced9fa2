using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>Stores what readers say, and takes it back. Part of a <see cref="LabellingTurn"/>.</summary>
internal static class Answering
{
    /// <summary>Stores an answer of a reader who holds the image, and gives its place back.</summary>
    public static async Task<Result> StoreAsync(AppDbContext db, Project project, AnswerRequest request, DateTime now, CancellationToken cancellationToken)
    {
        if (request.Kind == AnswerKind.Label && !project.Classes.Exists(c => c.Index == request.ClassIndex))
        {
            return Result.Refused("This project has no such class.");
        }

        var image = await LabellingQueries.Image(db, request.ImageId);
        if (image is null || image.ProjectId != request.ProjectId || image.Split is not (DataSplit.Training or DataSplit.Gold))
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
            AtUtc = now,
            ElapsedMilliseconds = Math.Max(0, request.ElapsedMilliseconds),
            ClientKey = request.ClientKey,
            QueueRoundId = project.QueueRoundId,
            Reason = lease.Reason,
            // Whoever saw it in a grid was told what the model takes it for, whichever page the answer comes by.
            Aid = lease.Reason == QueueReason.Grid && request.Aid == Aid.Unaided ? Aid.Prompted : request.Aid,
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
        answer.UnaidedClassIndex = stored.Aid == Aid.Unaided ? stored.ClassIndex : null;
        return Result.Done;
    }

    /// <summary>Takes a standing answer back and leases its image to its reader again, before all others.</summary>
    public static async Task<Result<ReaderAnswer>> TakeBackAsync(AppDbContext db, LabellingQueries.GivenAnswer given, DateTime now, CancellationToken cancellationToken)
    {
        var (answer, stored) = given;
        var (projectId, readerId) = (answer.ProjectId, answer.ReaderId);
        if (await LabellingQueries.Has(db, answer.ImageId, readerId, AnswerKind.Reveal))
        {
            return Result.Refused("You have seen what the model says of this image: its answer can be changed, but not taken back.");
        }

        if (await LabellingQueries.Has(db, answer.ImageId, readerId, AnswerKind.Told))
        {
            return Result.Refused("You were told that the class of this image is known: its answer stands.");
        }

        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == projectId, cancellationToken);
        await Leasing.LapseAsync(db, projectId, readerId, now, cancellationToken);
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
        return given.AsGiven;
    }

    /// <summary>A skip is no reading.</summary>
    private static int Readings(AnswerKind kind) => kind == AnswerKind.Skip ? 0 : 1;
}
