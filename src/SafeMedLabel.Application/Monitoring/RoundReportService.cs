using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Gathers what is told of a round to who keeps it on file.</summary>
public sealed class RoundReportService(
    IDbContextFactory<AppDbContext> contexts,
    ProjectService projects,
    RoundService rounds,
    PromotionService promotions,
    ReaderReportService readers,
    LiveCheckService liveChecks,
    StorageOptions storage,
    TimeProvider time)
{
    /// <summary>The report of a completed round; refused where there is none.</summary>
    public async Task<Result<RoundReport>> ReadAsync(int projectId, int roundId, CancellationToken cancellationToken = default)
    {
        if (await projects.GetAsync(projectId, cancellationToken) is not { } project
            || await rounds.GetAsync(roundId, cancellationToken) is not { } detail || detail.Round.ProjectId != projectId)
        {
            return Result.Refused("There is no such round.");
        }

        var round = detail.Round;
        if (round.State != RoundState.Completed)
        {
            return Result.Refused($"Round {round.Number} is not completed; only completed rounds have a report.");
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var snapshot = await LabelSnapshot.ReadAsync(db, projectId, round.LabelSnapshot, round.Consensus, cancellationToken);
        var read = await readers.ReadAsync(projectId, cancellationToken);
        return new RoundReport
        {
            Project = project,
            Detail = detail,
            Audited = AuditedEpoch.Of(detail.Epochs, await liveChecks.SampleAsync(round, cancellationToken)),
            Standing = await promotions.ActiveAsync(projectId, cancellationToken),
            Splits = await CountAsync(db, project, round, snapshot, cancellationToken),
            Unreadable = snapshot.Unreadable.Count,
            Disputed = snapshot.Disputed.Count,
            Readers = read.Readers.Count,
            Agreement = read.Agreement,
            Model = round.ModelFile is null ? null : await ModelRecord.ReadAsync(Path.Combine(storage.ProjectFolder(projectId), round.ModelFile), cancellationToken),
            Signatures = await SignaturesAsync(db, round, cancellationToken),
            MadeUtc = time.GetUtcNow().UtcDateTime,
        };
    }

    private static async Task<IReadOnlyList<SplitClasses>> CountAsync(AppDbContext db, Project project, Round round, LabelSnapshot snapshot, CancellationToken cancellationToken)
    {
        var images = db.Images.Where(i => i.ProjectId == project.Id && !db.Imports.Any(m => m.Id == i.ImportId && m.FinishedUtc > round.StartedUtc));
        var splits = await images.GroupBy(i => i.Split)
            .Select(g => new { g.Key, Images = g.Count(), Patients = g.Select(i => i.Patient).Distinct().Count() }).ToListAsync(cancellationToken);
        var known = (await images.Where(i => i.ReferenceClass != null).GroupBy(i => new { i.Split, Class = i.ReferenceClass!.Value })
            .Select(g => new { g.Key, Count = g.Count() }).ToListAsync(cancellationToken)).ToDictionary(g => (g.Key.Split, g.Key.Class), g => g.Count);
        // What was decided of an image by then stands above the class that it came with.
        var decided = snapshot.Decided.Keys.ToList();
        foreach (var image in await images.Where(i => decided.Contains(i.Id)).Select(i => new { i.Id, i.Split, i.ReferenceClass }).ToListAsync(cancellationToken))
        {
            Add(image.Split, image.ReferenceClass, -1);
            Add(image.Split, snapshot.Decided[image.Id], 1);
        }

        var labels = snapshot.Labels.Values.CountBy(c => c).ToDictionary();
        return
        [
            .. splits.OrderBy(s => s.Key).Select(s => new SplitClasses(s.Key, s.Images, s.Patients,
                [.. project.Classes.Select(c => s.Key == DataSplit.Training ? labels.GetValueOrDefault(c.Index) : known.GetValueOrDefault((s.Key, c.Index)))]))
        ];

        void Add(DataSplit split, int? classIndex, int change)
        {
            if (classIndex is { } index)
            {
                known[(split, index)] = known.GetValueOrDefault((split, index)) + change;
            }
        }
    }

    private static async Task<IReadOnlyList<Signature>> SignaturesAsync(AppDbContext db, Round round, CancellationToken cancellationToken)
    {
        var changes = await db.Promotions.AsNoTracking().Where(p => p.ProjectId == round.ProjectId && (p.RoundId == round.Id || p.PreviousRoundId == round.Id))
            .OrderBy(p => p.Id).ToListAsync(cancellationToken);
        var numbers = await db.Rounds.Where(r => r.ProjectId == round.ProjectId).ToDictionaryAsync(r => r.Id, r => r.Number, cancellationToken);
        var signers = changes.Select(c => c.ById).OfType<string>().Distinct().ToList();
        var names = await db.Users.Where(u => signers.Contains(u.Id)).ToDictionaryAsync(u => u.Id, u => u.DisplayName, cancellationToken);
        return
        [
            .. from change in changes
               let begins = change.RoundId == round.Id
               let other = begins ? change.PreviousRoundId : change.RoundId
               select new Signature(
                   change.AtUtc,
                   change.Kind,
                   begins,
                   other is null ? null : numbers[other.Value],
                   change.ById is null ? null : names.GetValueOrDefault(change.ById, "(unknown)"),
                   begins ? change.Reason : null)
        ];
    }
}
