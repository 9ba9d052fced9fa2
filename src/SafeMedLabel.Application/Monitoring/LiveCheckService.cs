using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Holds what readers say of images drawn at random against what the model had said of them.</summary>
public sealed class LiveCheckService(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>At one in ten they last for 20,000 answers.</summary>
    private const int MostChecked = 2000;

    /// <summary>The rest may be read in grids.</summary>
    private const double PartChecked = 0.2;

    /// <summary>
    /// Images of a pool of this size that are held against the model, and therefore read one by one and unaided: the first to be drawn.
    /// </summary>
    public static int Checked(int pool) => Math.Min(MostChecked, (int)Math.Ceiling(PartChecked * pool));

    /// <summary>Of the round that ranks the queue now; null before the first.</summary>
    public async Task<LiveCheck?> ReadAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var project = await LabellingQueries.Project(db, projectId);
        if (project is null || await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.Id == project.QueueRoundId, cancellationToken) is not { } round)
        {
            return null;
        }

        return LiveCheck.From(round.Number, round.SilentFailureThreshold, await SampleAsync(db, project, round, cancellationToken));
    }

    /// <summary>The random sample of the pool that a round ranked, as far as it was read before the next round ranked it anew.</summary>
    public async Task<LiveSample> SampleAsync(Round round, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(round);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await LabellingQueries.Project(db, round.ProjectId) is { } project ? await SampleAsync(db, project, round, cancellationToken) : new LiveSample(0, []);
    }

    private static async Task<LiveSample> SampleAsync(AppDbContext db, Project project, Round round, CancellationToken cancellationToken)
    {
        var predictions = await (from prediction in db.RoundPredictions.AsNoTracking()
                                 join image in db.Images on prediction.ImageId equals image.Id
                                 where prediction.RoundId == round.Id
                                 orderby image.ContentHash
                                 select new { prediction, image.Split }).ToListAsync(cancellationToken);
        var drawn = await db.LabelEvents
            .Where(e => e.Id > round.LabelSnapshot && e.ProjectId == project.Id && e.QueueRoundId == round.Id && e.Reason == QueueReason.Audit && e.Kind != AnswerKind.Undo)
            .Select(e => e.ImageId).ToHashSetAsync(cancellationToken);
        var answers = await (from answer in db.Answers
                             join prediction in db.RoundPredictions on answer.ImageId equals prediction.ImageId
                             where prediction.RoundId == round.Id && answer.Kind != AnswerKind.Skip
                             select new { answer.ImageId, answer.ReaderId, ClassIndex = answer.UnaidedClassIndex }).ToListAsync(cancellationToken);
        var decisions = await db.Adjudications.Where(a => a.ProjectId == project.Id).ToDictionaryAsync(a => a.ImageId, a => a.ClassIndex, cancellationToken);
        var consensus = await Consensus.OfAsync(db, project, cancellationToken);
        var labels = new Dictionary<Guid, int>();
        foreach (var image in answers.GroupBy(a => a.ImageId))
        {
            if (consensus.Of(image.Key, [.. image.Where(a => a.ClassIndex is not null).Select(a => new Vote(a.ReaderId, a.ClassIndex!.Value))], decisions) is { } label)
            {
                labels.Add(image.Key, label);
            }
        }

        // Images that have become gold since are drawn no more; the others keep their places.
        return LiveSample.Of([.. predictions.Index().Where(p => p.Item.Split == DataSplit.Training).Select(p => (p.Index, p.Item.prediction))], drawn, labels);
    }
}
