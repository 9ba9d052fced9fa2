using System.Runtime.CompilerServices;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Exports;

/// <summary>Reads a project's images with all that was said of them, page by page: memory does not grow with the images' number.</summary>
internal sealed class ExportReader
{
    private const int PageSize = 500;

    private readonly AppDbContext _db;
    private readonly Project _project;
    private readonly ExportOptions _options;
    private readonly LabelSnapshot _snapshot;
    private readonly Dictionary<int, int> _roundNumbers;
    private readonly Dictionary<string, string> _names;

    private ExportReader(AppDbContext db, Project project, ExportOptions options, LabelSnapshot snapshot, Dictionary<int, int> roundNumbers, Dictionary<string, string> names)
    {
        (_db, _project, _options, _snapshot, _roundNumbers, _names) = (db, project, options, snapshot, roundNumbers, names);
        ClassNames = [.. project.Classes.OrderBy(c => c.Index).Select(c => c.Name)];
    }

    /// <summary>The project's classes, in key order.</summary>
    public IReadOnlyList<string> ClassNames { get; }

    /// <summary>Whether the project's pictures were drawn by a program.</summary>
    public bool IsSynthetic => _project.IsSynthetic;

    /// <summary>Prepares to read a project as it stands now.</summary>
    /// <exception cref="DatasetException">The project is gone.</exception>
    public static async Task<ExportReader> OpenAsync(AppDbContext db, int projectId, ExportOptions options, CancellationToken cancellationToken)
    {
        var project = await db.Projects.AsNoTracking().Include(p => p.Classes).FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken)
            ?? throw new DatasetException("This project no longer exists.");
        var snapshot = await LabelSnapshot.ReadAsync(db, projectId, await LabelSnapshot.LastEventAsync(db, projectId, cancellationToken), project.Consensus, cancellationToken);
        var rounds = await db.Rounds.Where(r => r.ProjectId == projectId).ToDictionaryAsync(r => r.Id, r => r.Number, cancellationToken);
        var names = options.NamesReaders ? await db.Users.ToDictionaryAsync(u => u.Id, u => u.DisplayName, cancellationToken) : [];
        return new ExportReader(db, project, options, snapshot, rounds, names);
    }

    /// <summary>How many images there are.</summary>
    public Task<int> CountAsync(CancellationToken cancellationToken) => _db.Images.CountAsync(i => i.ProjectId == _project.Id, cancellationToken);

    /// <summary>The images, by content hash: an order that tells nothing.</summary>
    public async IAsyncEnumerable<ExportedImage> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        for (var last = ""; ;)
        {
            var page = await _db.Images.AsNoTracking().Where(i => i.ProjectId == _project.Id && i.ContentHash.CompareTo(last) > 0)
                .OrderBy(i => i.ContentHash).Take(PageSize).ToListAsync(cancellationToken);
            if (page.Count == 0)
            {
                yield break;
            }

            var ids = page.Select(i => i.Id).ToList();
            var answers = await (from answer in _db.Answers
                                 join said in _db.LabelEvents on answer.EventId equals said.Id
                                 where ids.Contains(answer.ImageId) && answer.Kind != AnswerKind.Skip
                                 orderby said.Id
                                 select new { answer, said }).AsNoTracking().ToListAsync(cancellationToken);
            var readings = answers.ToLookup(a => a.answer.ImageId, a => ToReading(a.answer, a.said));
            var decisions = await (from decision in _db.Adjudications
                                   join said in _db.LabelEvents on decision.EventId equals said.Id
                                   where ids.Contains(decision.ImageId)
                                   select new { decision.ImageId, decision.AdjudicatorId, decision.ClassIndex, said.AtUtc })
                .ToDictionaryAsync(d => d.ImageId, d => new ExportedDecision(NameOf(d.AdjudicatorId), NameOf(d.ClassIndex), d.AtUtc), cancellationToken);
            foreach (var image in page)
            {
                yield return ToExported(image, decisions.GetValueOrDefault(image.Id), [.. readings[image.Id]]);
            }

            last = page[^1].ContentHash;
        }
    }

    private ExportedReading ToReading(Answer answer, LabelEvent said) => new(
        NameOf(answer.ReaderId),
        NameOf(answer.ClassIndex),
        NameOf(answer.UnaidedClassIndex),
        said.AtUtc,
        said.ElapsedMilliseconds / 1000.0,
        said.Aid,
        said.Reason,
        said.QueueRoundId is { } round ? _roundNumbers[round] : null);

    private ExportedImage ToExported(ProjectImage image, ExportedDecision? decided, IReadOnlyList<ExportedReading> readings)
    {
        var isDecided = _snapshot.Decided.TryGetValue(image.Id, out var decision);
        var agreed = _snapshot.Labels.TryGetValue(image.Id, out var label) ? label : (int?)null;
        var standing = isDecided ? decision is null ? LabelStanding.Unreadable : LabelStanding.Decided
            : agreed is not null ? LabelStanding.Agreed
            : _snapshot.Unreadable.Contains(image.Id) ? LabelStanding.Unreadable
            : _snapshot.Disputed.Contains(image.Id) ? LabelStanding.Disputed
            : readings.Count > 0 ? LabelStanding.Known
            : LabelStanding.Unread;
        var exported = new ExportedImage(
            "", image.Id, image.ContentHash, image.Patient, image.Site, image.Split, image.Width, image.Height, NameOf(image.ReferenceClass), NameOf(isDecided ? decision : agreed), standing, decided, readings);
        return exported with { File = PackagePath.Of(image.SourcePath, image.ContentHash, _options.Format == ExportFormat.Folders ? exported.Label : null) };
    }

    private string NameOf(string readerId) => _options.NamesReaders ? _names.GetValueOrDefault(readerId, "unknown") : ReaderPseudonym.Of(_project.Id, readerId);

    private string? NameOf(int? classIndex) => classIndex is { } index ? ClassNames[index] : null;
}
