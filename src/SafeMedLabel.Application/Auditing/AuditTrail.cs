using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Auditing;

/// <summary>Reads the trail: shows it, writes it out, and finds what somebody has done to it.</summary>
public sealed class AuditTrail(IDbContextFactory<AppDbContext> contexts, AuditSeal seal)
{
    /// <summary>The most entries on a page.</summary>
    public const int PageSize = 50;

    /// <summary>The most problems that are listed.</summary>
    public const int MaximumProblems = 1000;

    private static readonly string[] Columns = ["entry", "at_utc", "actor", "action", "project", "subject", "before", "after"];

    /// <summary>The newest entries before some entry.</summary>
    /// <param name="filter">Which.</param>
    /// <param name="beforeId">Those with smaller numbers; null for the newest of all.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<IReadOnlyList<AuditView>> ListAsync(AuditFilter filter, long? beforeId = null, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var names = await Names.ReadAsync(db, cancellationToken);
        var page = await Matching(db, filter).Where(e => beforeId == null || e.Id < beforeId).OrderByDescending(e => e.Id).Take(PageSize).ToListAsync(cancellationToken);
        return [.. page.Select(names.Show)];
    }

    /// <summary>Writes entries as CSV, the oldest first; what looks like a formula is text.</summary>
    public async Task WriteAsync(AuditFilter filter, Stream stream, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var names = await Names.ReadAsync(db, cancellationToken);
        await using var csv = SafeCsv.Write(stream);
        Array.ForEach(Columns, csv.WriteField);
        await csv.NextRecordAsync();
        await foreach (var entry in Matching(db, filter).OrderBy(e => e.Id).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            var view = names.Show(entry);
            foreach (var field in (string?[])[view.Id.ToString(CultureInfo.InvariantCulture), view.AtUtc.ToString("O", CultureInfo.InvariantCulture), view.Actor, view.Action.ToString(), view.Project, view.Subject, view.Before, view.After])
            {
                csv.WriteField(field);
            }

            await csv.NextRecordAsync();
        }
    }

    /// <summary>Looks at every entry: whether it is what was sealed, follows the one before it, and none is missing.</summary>
    public async Task<AuditVerification> VerifyAsync(CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var reading = await db.BeginReadingAsync(cancellationToken);
        var problems = new List<AuditProblem>();
        var (entries, lastId, last) = (0L, 0L, Array.Empty<byte>());
        await foreach (var entry in db.AuditEntries.AsNoTracking().OrderBy(e => e.Id).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            entries++;
            problems.AddRange(Missing(lastId + 1, entry.Id - 1));
            if (!seal.Fits(entry))
            {
                problems.Add(new AuditProblem(entry.Id, $"Entry {entry.Id} is not what was written: it was changed, or put in."));
            }
            else if (entry.Id == lastId + 1 && !entry.Previous.AsSpan().SequenceEqual(last))
            {
                problems.Add(new AuditProblem(entry.Id, $"Entry {entry.Id} does not follow the entry before it."));
            }

            (lastId, last) = (entry.Id, entry.Seal);
        }

        var head = await db.AuditHeads.AsNoTracking().FirstOrDefaultAsync(h => h.Id == AuditHead.OnlyId, cancellationToken);
        if (head is null ? lastId > 0 : !head.Seal.AsSpan().SequenceEqual(seal.Of(head)))
        {
            problems.Add(new AuditProblem(lastId, "The mark of the trail's end was changed or is missing: entries after the last one may have been taken out."));
        }
        else if (head is not null)
        {
            problems.AddRange(Missing(lastId + 1, head.LastId));
        }

        return new AuditVerification(entries, Convert.ToHexStringLower(last), [.. problems.Take(MaximumProblems)]);
    }

    private static IEnumerable<AuditProblem> Missing(long from, long to)
    {
        for (var id = from; id <= to && id < from + MaximumProblems; id++)
        {
            yield return new AuditProblem(id, $"Entry {id} is missing.");
        }
    }

    private static IQueryable<AuditEntry> Matching(AppDbContext db, AuditFilter filter) => db.AuditEntries.AsNoTracking().Where(e =>
        (filter.ProjectId == null || e.ProjectId == filter.ProjectId) && (filter.ActorId == null || e.ActorId == filter.ActorId) && (filter.Action == null || e.Action == filter.Action)
        && (filter.FromUtc == null || e.AtUtc >= filter.FromUtc) && (filter.UntilUtc == null || e.AtUtc < filter.UntilUtc));

    /// <summary>What keys stand for.</summary>
    private sealed class Names(Dictionary<string, string> people, Dictionary<int, string> projects)
    {
        public static async Task<Names> ReadAsync(AppDbContext db, CancellationToken cancellationToken) => new(
            await db.Users.ToDictionaryAsync(u => u.Id, u => u.DisplayName, cancellationToken), await db.Projects.ToDictionaryAsync(p => p.Id, p => p.Name, cancellationToken));

        public AuditView Show(AuditEntry entry) => new(
            entry.Id,
            entry.AtUtc,
            entry.ActorId is { } actor ? people.GetValueOrDefault(actor, actor) : "the program",
            entry.Action,
            entry.ProjectId is { } project ? projects.GetValueOrDefault(project) : null,
            entry.Subject.StartsWith(AuditDescription.AccountPrefix, StringComparison.Ordinal) && people.TryGetValue(entry.Subject[AuditDescription.AccountPrefix.Length..], out var name) ? $"account of {name}" : entry.Subject,
            entry.Before,
            entry.After);
    }
}
