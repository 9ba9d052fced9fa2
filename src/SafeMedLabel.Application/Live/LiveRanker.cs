using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Live;

/// <summary>
/// Ranks a project's queue by all labels of now: trains the method's head on features that were read before, and asks it about the images that nobody
/// has read or holds. Readers have the old order until the new one is complete; what they hold stays with them.
/// </summary>
public sealed class LiveRanker(
    IDbContextFactory<AppDbContext> contexts, ILiveLearner learner, StorageOptions storage, TimeProvider time, ILogger<LiveRanker> logger)
{
    /// <summary>Images whose features are enough to rank by while others are still being read: the best of so many are good enough to ask about.</summary>
    public const int EnoughImages = 10_000;

    /// <summary>The part of a small project's images without which nothing is ranked.</summary>
    private const double MostOf = 0.9;

    /// <summary>Ranks written in one transaction: some ten milliseconds, in which no reader can answer.</summary>
    private const int ChunkSize = 250;

    /// <summary>Ranks the queue.</summary>
    /// <exception cref="RoundException">The active model cannot be used.</exception>
    /// <exception cref="InvalidDataException">The file of features is damaged, and was deleted.</exception>
    public async Task<LiveOutcome> RankAsync(int projectId, CancellationToken cancellationToken)
    {
        var clock = Stopwatch.StartNew();
        var (outcome, read) = await ReadAsync(projectId, cancellationToken);
        if (read is not { } data)
        {
            return outcome;
        }

        var scores = new double[data.Pool.Length];
        var seed = (ulong)data.Task.Seed;
        double[] validation;
        try
        {
            validation = await OwnThread.RunAsync(
                () => learner.Rank(
                    data.Task,
                    (int i, in StochasticPasses passes) => scores[i] = AcquisitionScorer.Score(data.Acquisition, in passes, data.Pool[i].ContentHash, seed),
                    cancellationToken),
                cancellationToken);
        }
        catch (InvalidDataException)
        {
            data.File.Delete();
            throw;
        }

        // Of a small pool only the less sure half has a place: readers are told that the model was among the least sure of an image.
        var order = AcquisitionScorer.Rank(scores, [.. data.Pool.Select(i => i.ContentHash)]).Take(Math.Min(LiveRanking.Length, (scores.Length + 1) / 2));
        var measured = validation.Length == 0 ? null : new PredictionSet(data.Task.Classes, data.ValidationLabels, validation);
        var ranking = new LiveRanking
        {
            ProjectId = projectId,
            LabelSnapshot = data.LabelSnapshot,
            Labels = data.Task.Labelled.Count,
            Images = data.Pool.Length,
            BackboneRound = data.BackboneRound,
            ValidationCount = data.ValidationLabels.Count,
            Accuracy = measured is null ? null : Metrics.Accuracy(measured),
            Auc = measured is null ? null : Metrics.Auc(measured),
        };
        var isInForce = await WriteAsync(ranking, data.Basis, [.. order.Select((i, rank) => new LiveRank { Rank = rank, ImageId = data.Pool[i].Id })], clock, cancellationToken);
        if (isInForce)
        {
            logger.LogInformation("Project {ProjectId}: {Images} images ranked by {Labels} labels in {Seconds:0.0} s.", projectId, ranking.Images, ranking.Labels, ranking.Seconds);
        }

        return LiveOutcome.Ranked;
    }

    private async Task<(LiveOutcome Outcome, Data? Data)> ReadAsync(int projectId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var project = await db.Projects.AsNoTracking().Include(p => p.Classes).FirstAsync(p => p.Id == projectId, cancellationToken);
        var backbone = await LiveBackbone.OfAsync(db, project, storage, learner, cancellationToken);
        var file = backbone.FileOf(projectId, storage);
        var wanted = db.Images.Where(i => i.ProjectId == projectId && (i.Split == DataSplit.Training || i.Split == DataSplit.Validation));
        // While features are being read a small part of them would make for a poor order. Some may never be had: their images are lost.
        if (file.Count() < Math.Min(MostOf * await wanted.CountAsync(cancellationToken), EnoughImages))
        {
            return (LiveOutcome.TooFewFeatures, null);
        }

        var rows = file.ReadRows();
        var lastEvent = await LabelSnapshot.LastEventAsync(db, projectId, cancellationToken);
        var snapshot = await LabelSnapshot.ReadAsync(db, projectId, lastEvent, project.Consensus, cancellationToken);
        if (snapshot.Labels.Values.CountBy(c => c).Count(c => c.Value >= RoundService.MinimumLabelsPerClass) < 2)
        {
            return (LiveOutcome.TooFewLabels, null);
        }

        var images = await wanted.OrderBy(i => i.ContentHash)
            .Select(i => new Image(i.Id, i.ContentHash, i.Split, i.ReferenceClass, i.ReadingsTaken == 0)).ToListAsync(cancellationToken);
        var (labelled, pool, validation) = (new List<(int Row, int Class)>(), new List<(int Row, Image Image)>(), new List<(int Row, int Class)>());
        foreach (var image in images)
        {
            if (!rows.TryGetValue(ContentStore.KeyOf(image.ContentHash), out var row))
            {
                continue;
            }

            if (image.Split == DataSplit.Validation)
            {
                if (snapshot.ReferenceOf(image.Id, image.ReferenceClass) is { } known)
                {
                    validation.Add((row, known));
                }
            }
            else if (snapshot.Labels.TryGetValue(image.Id, out var label))
            {
                labelled.Add((row, label));
            }
            else if (image.IsFree)
            {
                pool.Add((row, image));
            }
        }

        if (pool.Count == 0 || labelled.CountBy(l => l.Class).Count() < 2)
        {
            return (LiveOutcome.TooFewLabels, null);
        }

        return (LiveOutcome.Ranked, new Data(
            project.Acquisition,
            new Basis(project.QueueRoundId, project.ActiveRoundId),
            file,
            lastEvent,
            backbone.Round,
            [.. pool.Select(i => i.Image)],
            [.. validation.Select(i => i.Class)],
            new LiveTask
            {
                FeaturesPath = file.FeaturesPath,
                Classes = project.Classes.Count,
                Labelled = [.. labelled.Select(i => i.Row)],
                Labels = [.. labelled.Select(i => i.Class)],
                Pool = [.. pool.Select(i => i.Row)],
                Validation = [.. validation.Select(i => i.Row)],
                Passes = RoundRunner.ScoringPasses,
                Seed = project.Seed + lastEvent,
            }));
    }

    /// <summary>
    /// The order comes into force in the last transaction, in which the one before it goes. Where a round has ranked the queue meanwhile, or another model
    /// is active, it never does.
    /// </summary>
    private async Task<bool> WriteAsync(LiveRanking ranking, Basis basis, IReadOnlyList<LiveRank> ranks, Stopwatch clock, CancellationToken cancellationToken)
    {
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            db.LiveRankings.Add(ranking);
            await db.SaveChangesAsync(cancellationToken);
        }

        foreach (var chunk in ranks.Chunk(ChunkSize))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            foreach (var rank in chunk)
            {
                rank.RankingId = ranking.Id;
            }

            db.LiveRanks.AddRange(chunk);
            await db.SaveChangesAsync(cancellationToken);
        }

        await using var last = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await last.Database.BeginTransactionAsync(cancellationToken);
        if (!await last.Projects.AnyAsync(p => p.Id == ranking.ProjectId && p.QueueRoundId == basis.QueueRound && p.ActiveRoundId == basis.ActiveRound, cancellationToken))
        {
            // The next ranking clears it away.
            return false;
        }

        var (now, seconds) = (time.GetUtcNow().UtcDateTime, clock.Elapsed.TotalSeconds);
        await last.LiveRankings.Where(r => r.Id == ranking.Id).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.AtUtc, now).SetProperty(r => r.Seconds, seconds), cancellationToken);
        await last.LiveStates.Where(s => s.ProjectId == ranking.ProjectId).ExecuteUpdateAsync(
            set => set.SetProperty(s => s.RankingId, ranking.Id).SetProperty(s => s.Problem, (string?)null), cancellationToken);
        await last.LiveRanks.Where(r => r.RankingId < ranking.Id && last.LiveRankings.Any(b => b.Id == r.RankingId && b.ProjectId == ranking.ProjectId))
            .ExecuteDeleteAsync(cancellationToken);
        // Of rankings that a killed worker left unfinished.
        await last.LiveRankings.Where(r => r.ProjectId == ranking.ProjectId && r.Id < ranking.Id && r.Seconds == 0).ExecuteDeleteAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        (ranking.AtUtc, ranking.Seconds) = (now, seconds);
        return true;
    }

    /// <summary>An image as a ranking needs to know it.</summary>
    private sealed record Image(Guid Id, string ContentHash, DataSplit Split, int? ReferenceClass, bool IsFree);

    /// <summary>What a ranking takes for granted: the rounds that rank the queue and whose model is active.</summary>
    private sealed record Basis(int? QueueRound, int? ActiveRound);

    /// <summary>All that a ranking is made of.</summary>
    private sealed record Data(
        AcquisitionFunction Acquisition, Basis Basis, FeatureFile File, long LabelSnapshot, int? BackboneRound, Image[] Pool, IReadOnlyList<int> ValidationLabels, LiveTask Task);
}
