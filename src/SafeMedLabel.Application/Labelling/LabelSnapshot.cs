using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Labelling;

/// <summary>The labels as of one instant: the event log folded up to an event. Reading it again gives the same labels.</summary>
/// <param name="LastEventId">The last event that counts.</param>
/// <param name="Labels">Class by image, where its readers agree as <see cref="Consensus"/> has it, or an adjudicator decided.</param>
/// <param name="Unreadable">Images that nobody could read, or that an adjudicator says so of; they are in no pool.</param>
/// <param name="Disputed">Images that readers read differently, none of them by majority, and nobody decided; they are in no pool either.</param>
/// <param name="Decided">What adjudicators decided, also of images that no reader is asked about; null for 'unreadable'.</param>
public sealed record LabelSnapshot(
    long LastEventId, IReadOnlyDictionary<Guid, int> Labels, IReadOnlySet<Guid> Unreadable, IReadOnlySet<Guid> Disputed, IReadOnlyDictionary<Guid, int?> Decided)
{
    /// <summary>A project's last event: a snapshot of now ends with it. 0 where there is none.</summary>
    public static async Task<long> LastEventAsync(AppDbContext db, int projectId, CancellationToken cancellationToken = default) =>
        await db.LabelEvents.Where(e => e.ProjectId == projectId).MaxAsync(e => (long?)e.Id, cancellationToken) ?? 0;

    /// <summary>A project's labels that were given after an event and still stand; those of gold images do not count.</summary>
    public static IQueryable<LabelEvent> LabelsSince(AppDbContext db, int projectId, long eventId) => db.LabelEvents.Where(
        e => e.Id > eventId && e.ProjectId == projectId && e.Kind == AnswerKind.Label && e.Reason != QueueReason.Gold
            && db.Answers.Any(a => a.ImageId == e.ImageId && a.ReaderId == e.ReaderId && a.EventId == e.Id));

    /// <summary>The class that an image came with, or what was decided of it since; null where neither is known, or it was decided to be unreadable.</summary>
    public int? ReferenceOf(Guid imageId, int? referenceClass) => Decided.TryGetValue(imageId, out var decision) ? decision : referenceClass;

    /// <summary>
    /// Folds a project's events up to and including <paramref name="lastEventId"/>, also what readers had said by then of images of known class,
    /// which are in none of the three.
    /// </summary>
    public static async Task<LabelSnapshot> ReadAsync(AppDbContext db, int projectId, long lastEventId, ConsensusRule rule, CancellationToken cancellationToken = default)
    {
        var classCount = await db.ProjectClasses.CountAsync(c => c.ProjectId == projectId, cancellationToken);
        // An image that was read once as gold stays gold: a later reading of this snapshot finds the same ones.
        var gold = await GoldSet.ReadAsync(db, projectId, cancellationToken);
        var events = await db.LabelEvents.AsNoTracking()
            .Where(e => e.ProjectId == projectId && e.Id <= lastEventId && e.Kind != AnswerKind.Reveal && e.Kind != AnswerKind.Told).OrderBy(e => e.Id)
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

        var read = standing.Where(s => s.Value.Kind != AnswerKind.Skip).ToLookup(s => gold.ContainsKey(s.Key.Image));
        var consensus = new Consensus(rule, classCount, GoldScore.Of(read[true].Select(s => (s.Key.Reader, s.Value.Class, gold[s.Key.Image]))));
        var (labels, unreadable, disputed) = (new Dictionary<Guid, int>(), new HashSet<Guid>(), new HashSet<Guid>());
        foreach (var image in read[false].GroupBy(s => s.Key.Image))
        {
            var votes = image.Where(s => s.Value.Class is not null).Select(s => new Vote(s.Key.Reader, s.Value.Class!.Value)).ToList();
            if (consensus.Of(image.Key, votes, decided) is { } agreed)
            {
                labels[image.Key] = agreed;
            }
            else if (votes.Count == 0 || decided.ContainsKey(image.Key))
            {
                unreadable.Add(image.Key);
            }
            else
            {
                disputed.Add(image.Key);
            }
        }

        return new LabelSnapshot(lastEventId, labels, unreadable, disputed, decided);
    }
}
