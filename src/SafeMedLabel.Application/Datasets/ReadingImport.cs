using System.Security.Cryptography;
using System.Text;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// Stores what readers said elsewhere, as if they had said it here: their answers count for labels, agreement and the queue. Each reader gets an
/// account that nobody can sign in to, so that none of them is taken for a colleague of the same name. What is stored already is not stored again.
/// </summary>
/// <param name="import">The import that brings it.</param>
/// <param name="classes">The project's class indices by name.</param>
/// <param name="readings">What was said, the oldest first.</param>
internal sealed class ReadingImport(DatasetImport import, IReadOnlyDictionary<string, int> classes, IReadOnlyList<BroughtReading> readings)
{
    /// <summary>What stands behind the names of those who read elsewhere.</summary>
    public const string Mark = " (elsewhere)";

    private const int ChunkSize = 500;

    private readonly Dictionary<string, string> _readers = new(StringComparer.Ordinal);
    private int _strangers;
    private int _unreadHere;

    /// <summary>How many answers and decisions were stored.</summary>
    public int Stored { get; private set; }

    /// <summary>Stores it, in the caller's transaction, once the images have their splits.</summary>
    public async Task StoreAsync(AppDbContext db, CancellationToken cancellationToken)
    {
        foreach (var some in readings.Chunk(ChunkSize))
        {
            await StoreAsync(db, some, cancellationToken);
            db.ChangeTracker.Clear();
        }

        Say(db, _strangers, "of pictures that did not go in.");
        Say(db, _unreadHere, "left out, of pictures that no reader is asked about here, as those of the test set.");
        await db.SaveChangesAsync(cancellationToken);
    }

    private async Task StoreAsync(AppDbContext db, BroughtReading[] some, CancellationToken cancellationToken)
    {
        var hashes = some.Select(r => r.ContentHash).Distinct().ToList();
        var images = await db.Images.Where(i => i.ProjectId == import.ProjectId && hashes.Contains(i.ContentHash)).ToDictionaryAsync(i => i.ContentHash, cancellationToken);
        var keys = some.Select(KeyOf).ToList();
        var stored = await db.LabelEvents.Where(e => keys.Contains(e.ClientKey)).Select(e => e.ClientKey).ToHashSetAsync(cancellationToken);
        var events = new List<(LabelEvent Event, BroughtReading Reading, ProjectImage Image)>();
        foreach (var (reading, key) in some.Zip(keys))
        {
            if (!images.TryGetValue(reading.ContentHash, out var image))
            {
                _strangers++;
            }
            else if (reading.Reason != QueueReason.Adjudication && image.Split is not (DataSplit.Training or DataSplit.Gold))
            {
                _unreadHere++;
            }
            else if (stored.Add(key))
            {
                events.Add((ToEvent(reading, key, image, await ReaderAsync(db, reading.Reader, cancellationToken)), reading, image));
            }
        }

        db.LabelEvents.AddRange(events.Select(e => e.Event));
        // The events' keys are wanted below.
        await db.SaveChangesAsync(cancellationToken);
        await FoldAsync(db, events, cancellationToken);
        await db.SaveChangesAsync(cancellationToken);
        // What was read as gold shows how reliably its reader reads, and is no label.
        await GoldSet.AddAsync(
            db, [.. events.Where(e => e.Event.Reason == QueueReason.Gold && e.Image is { Split: DataSplit.Training, ReferenceClass: not null }).Select(e => e.Image.Id).Distinct()], cancellationToken);
        Stored += events.Count;
    }

    /// <summary>Lets the events stand as answers and decisions, where nothing newer does.</summary>
    private async Task FoldAsync(AppDbContext db, List<(LabelEvent Event, BroughtReading Reading, ProjectImage Image)> events, CancellationToken cancellationToken)
    {
        var ids = events.Select(e => e.Image.Id).Distinct().ToList();
        var decided = await db.Adjudications.Where(a => ids.Contains(a.ImageId)).Select(a => a.ImageId).ToHashSetAsync(cancellationToken);
        var standing = await (from answer in db.Answers
                              join said in db.LabelEvents on answer.EventId equals said.Id
                              where ids.Contains(answer.ImageId)
                              select new { Answer = answer, said.AtUtc }).ToDictionaryAsync(a => (a.Answer.ImageId, a.Answer.ReaderId), a => (a.Answer, a.AtUtc), cancellationToken);
        foreach (var (said, reading, image) in events)
        {
            if (said.Reason == QueueReason.Adjudication)
            {
                if (decided.Add(image.Id))
                {
                    db.Adjudications.Add(new Adjudication { ImageId = image.Id, ProjectId = import.ProjectId, AdjudicatorId = said.ReaderId, ClassIndex = said.ClassIndex, EventId = said.Id });
                }

                continue;
            }

            var key = (image.Id, said.ReaderId);
            var (answer, at) = standing.GetValueOrDefault(key);
            if (answer is null)
            {
                answer = new Answer { ImageId = image.Id, ReaderId = said.ReaderId, ProjectId = import.ProjectId };
                db.Answers.Add(answer);
                image.ReadingsGiven++;
                image.ReadingsTaken++;
            }
            else if (at > said.AtUtc)
            {
                continue;
            }

            (answer.Kind, answer.ClassIndex, answer.UnaidedClassIndex, answer.EventId) = (said.Kind, said.ClassIndex, IndexOf(reading.Unaided), said.Id);
            standing[key] = (answer, said.AtUtc);
        }
    }

    private LabelEvent ToEvent(BroughtReading reading, Guid key, ProjectImage image, string readerId) => new()
    {
        ProjectId = import.ProjectId,
        ImageId = image.Id,
        ReaderId = readerId,
        Kind = reading.Answer is null ? AnswerKind.Unreadable : AnswerKind.Label,
        ClassIndex = IndexOf(reading.Answer),
        AtUtc = reading.AtUtc,
        ElapsedMilliseconds = (int)Math.Round(1000 * reading.Seconds),
        ClientKey = key,
        Reason = reading.Reason,
        Aid = reading.Aid,
        ImportId = import.Id,
    };

    private int? IndexOf(string? className) => className is null ? null : classes[className];

    /// <summary>The same for the same answer in the same project, so that an import that is run again finds what it has stored.</summary>
    private Guid KeyOf(BroughtReading reading) => new(SHA256.HashData(Encoding.UTF8.GetBytes(string.Join(
        '\n', import.ProjectId, reading.ContentHash, reading.Reader, reading.Answer, reading.AtUtc.Ticks, reading.Reason == QueueReason.Adjudication))).AsSpan(0, 16));

    private async Task<string> ReaderAsync(AppDbContext db, string name, CancellationToken cancellationToken)
    {
        if (_readers.TryGetValue(name, out var known))
        {
            return known;
        }

        var userName = $"elsewhere-{import.ProjectId}-{ContentStore.Hash(Encoding.UTF8.GetBytes(name))[..32]}";
        var normalized = userName.ToUpperInvariant();
        var user = await db.Users.FirstOrDefaultAsync(u => u.NormalizedUserName == normalized, cancellationToken);
        if (user is null)
        {
            user = new AppUser
            {
                UserName = userName,
                NormalizedUserName = normalized,
                DisplayName = name.EndsWith(Mark, StringComparison.Ordinal) ? name : name + Mark,
                CreatedUtc = import.RequestedUtc,
                LockoutEnabled = true,
                LockoutEnd = DateTimeOffset.MaxValue,
            };
            user.EndSessions();
            db.Users.Add(user);
        }

        return _readers[name] = user.Id;
    }

    private void Say(AppDbContext db, int count, string which)
    {
        if (count > 0)
        {
            db.ImportIssues.Add(new ImportIssue { ImportId = import.Id, Path = ReadingTable.FileName, Reason = FormattableString.Invariant($"{count:N0} {(count == 1 ? "answer is" : "answers are")} {which}") });
        }
    }
}
