using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Labelling;

/// <summary>The labels as of one instant: the event log folded up to an event. Reading it again gives the same labels.</summary>
/// <param name="LastEventId">The last event that counts.</param>
/// <param name="Labels">Class by image, where its readers agree as <see cref="Consensus"/> has it, or an adjudicator decided.</param>
/// <param name="Unreadable">Images that nobody could read, or that an adjudicator says so of; they are in no pool.</param>
/// <param name="Disputed">Images that readers read differently, none of them by majority, and nobody decided; they are in no pool either.</param>
public sealed record LabelSnapshot(long LastEventId, IReadOnlyDictionary<Guid, int> Labels, IReadOnlySet<Guid> Unreadable, IReadOnlySet<Guid> Disputed)
{
    /// <summary>Folds a project's events up to and including <paramref name="lastEventId"/>.</summary>
    public static async Task<LabelSnapshot> ReadAsync(AppDbContext db, int projectId, long lastEventId, CancellationToken cancellationToken = default)
    {
        var events = await db.LabelEvents.AsNoTracking().Where(e => e.ProjectId == projectId && e.Id <= lastEventId && e.Kind != AnswerKind.Reveal).OrderBy(e => e.Id)
            .Select(e => new { e.ImageId, e.ReaderId, e.Kind, e.ClassIndex, IsDecision = e.Reason == QueueReason.Adjudication }).ToListAsync(cancellationToken);
        var standing = new Dictionary<(Guid Image, string Reader), (AnswerKind Kind, int? Class)>();
        var decided = new Dictionary<Guid, int?>();
        foreach (var e in events)
        {
            if (e.IsDecision)
            {
                decided.Remove(e.ImageId);
                if (e.Kind != AnswerKind.Undo)
                {
                    decided.Add(e.ImageId, e.ClassIndex);
                }
            }
            else if (e.Kind == AnswerKind.Undo)
            {
                standing.Remove((e.ImageId, e.ReaderId));
            }
            else
            {
                standing[(e.ImageId, e.ReaderId)] = (e.Kind, e.ClassIndex);
            }
        }

        var (labels, unreadable, disputed) = (new Dictionary<Guid, int>(), new HashSet<Guid>(), new HashSet<Guid>());
        foreach (var image in standing.Where(s => s.Value.Kind != AnswerKind.Skip).GroupBy(s => s.Key.Image, s => s.Value))
        {
            var classes = image.Where(answer => answer.Kind == AnswerKind.Label).Select(answer => answer.Class!.Value).ToList();
            if (Consensus.Of(image.Key, classes, decided) is { } agreed)
            {
                labels[image.Key] = agreed;
            }
            else if (classes.Count == 0 || decided.ContainsKey(image.Key))
            {
                unreadable.Add(image.Key);
            }
            else
            {
                disputed.Add(image.Key);
            }
        }

        return new LabelSnapshot(lastEventId, labels, unreadable, disputed);
    }
}
