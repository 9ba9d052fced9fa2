using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Requests;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Labelling;

/// <summary>
/// Shows readers what the model says of an image they have answered, where the project allows it, and stores what they then say. Both answers
/// are kept; the first is the one that counts where the model or the reader is judged.
/// </summary>
public sealed class SecondLookService(LabellingTurn turn, TimeProvider time)
{
    /// <summary>What the model says of an image that this reader has answered. That they saw it is stored before they see it.</summary>
    public Task<Result<ModelOpinion>> RevealAsync(int projectId, Guid imageId, string readerId, CancellationToken cancellationToken = default) => turn.TryAsync<Result<ModelOpinion>>(
        projectId,
        readerId,
        async db =>
        {
            var project = await LabellingQueries.Project(db, projectId);
            if (project is not { RevealAllowed: true })
            {
                return Result.Refused("In this project readers do not see what the model says.");
            }

            var given = await LabellingQueries.Given(db, imageId, readerId);
            if (given is null || given.Answer.ProjectId != projectId || given.Answer.Kind == AnswerKind.Skip)
            {
                return Result.Refused("What the model says of an image is shown once you have answered it.");
            }

            if (await db.ModelOpinions.AsNoTracking().FirstOrDefaultAsync(o => o.ImageId == imageId, cancellationToken) is not { } opinion)
            {
                return Result.Refused("No round has read this image.");
            }

            if (!await LabellingQueries.Has(db, imageId, readerId, AnswerKind.Reveal))
            {
                db.LabelEvents.Add(Event(given, AnswerKind.Reveal, opinion.ClassIndex, 0, Guid.NewGuid()));
            }

            return opinion;
        },
        cancellationToken);

    /// <summary>Stores what a reader says of an image after they saw what the model says. Sent again under the same <see cref="AnswerRequest.ClientKey"/> it is stored once.</summary>
    public Task<Result> ReviseAsync(AnswerRequest request, CancellationToken cancellationToken = default) => turn.TryAsync(
        request.ProjectId,
        request.ReaderId,
        db => Once.DoAsync(db, request.Keyed(RequestKind.Revision), time.GetUtcNow().UtcDateTime, async () =>
        {
            var project = await LabellingQueries.Project(db, request.ProjectId);
            if (request.Kind != AnswerKind.Unreadable && (request.Kind != AnswerKind.Label || project?.Classes.Exists(c => c.Index == request.ClassIndex) != true))
            {
                return Result.Refused("This project has no such class.");
            }

            var given = await LabellingQueries.Given(db, request.ImageId, request.ReaderId);
            if (given is null || given.Answer.ProjectId != request.ProjectId || !await LabellingQueries.Has(db, request.ImageId, request.ReaderId, AnswerKind.Reveal))
            {
                return Result.Refused("Only an answer after which the model's was shown can be changed so.");
            }

            var classIndex = request.Kind == AnswerKind.Label ? request.ClassIndex : null;
            if ((given.Answer.Kind, given.Answer.ClassIndex) != (request.Kind, classIndex))
            {
                var revised = Event(given, request.Kind, classIndex, request.ElapsedMilliseconds, request.ClientKey);
                db.LabelEvents.Add(revised);
                // The event's key is wanted below.
                await db.SaveChangesAsync(cancellationToken);
                (given.Answer.Kind, given.Answer.ClassIndex, given.Answer.EventId) = (request.Kind, classIndex, revised.Id);
            }

            return Result.Done;
        }),
        cancellationToken);

    private LabelEvent Event(LabellingQueries.GivenAnswer given, AnswerKind kind, int? classIndex, int elapsedMilliseconds, Guid clientKey) => new()
    {
        ProjectId = given.Answer.ProjectId,
        ImageId = given.Answer.ImageId,
        ReaderId = given.Answer.ReaderId,
        Kind = kind,
        ClassIndex = classIndex,
        AtUtc = time.GetUtcNow().UtcDateTime,
        ElapsedMilliseconds = Math.Max(0, elapsedMilliseconds),
        ClientKey = clientKey,
        QueueRoundId = given.Event.QueueRoundId,
        Reason = given.Event.Reason,
        Aid = Aid.Revealed,
    };
}
