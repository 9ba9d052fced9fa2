using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Labelling;

/// <summary>The labels as of one instant: the event log folded up to an event. Reading it again gives the same labels.</summary>
/// <param name="LastEventId">The last event that counts.</param>
/// <param name="Labels">Class by image.</param>
/// <param name="Unreadable">Images that a reader could not read; they are in no pool.</param>
public sealed record LabelSnapshot(long LastEventId, IReadOnlyDictionary<Guid, int> Labels, IReadOnlySet<Guid> Unreadable)
{
    /// <summary>Folds a project's events up to and including <paramref name="lastEventId"/>. Where readers differ, the latest answer counts.</summary>
    public static async Task<LabelSnapshot> ReadAsync(AppDbContext db, int projectId, long lastEventId, CancellationToken cancellationToken = default)
    {
        var events = await db.LabelEvents.AsNoTracking().Where(e => e.ProjectId == projectId && e.Id <= lastEventId).OrderBy(e => e.Id)
            .Select(e => new { e.Id, e.ImageId, e.ReaderId, e.Kind, e.ClassIndex }).ToListAsync(cancellationToken);
        var standing = new Dictionary<(Guid Image, string Reader), (long Id, AnswerKind Kind, int? Class)>();
        foreach (var e in events)
        {
            if (e.Kind == AnswerKind.Undo)
            {
                standing.Remove((e.ImageId, e.ReaderId));
            }
            else
            {
                standing[(e.ImageId, e.ReaderId)] = (e.Id, e.Kind, e.ClassIndex);
            }
        }

        var labels = new Dictionary<Guid, int>();
        var unreadable = new HashSet<Guid>();
        foreach (var ((image, _), (_, kind, classIndex)) in standing.OrderBy(s => s.Value.Id))
        {
            if (kind == AnswerKind.Label)
            {
                labels[image] = classIndex!.Value;
                unreadable.Remove(image);
            }
            else if (kind == AnswerKind.Unreadable && !labels.ContainsKey(image))
            {
                unreadable.Add(image);
            }
        }

        return new LabelSnapshot(lastEventId, labels, unreadable);
    }
}
