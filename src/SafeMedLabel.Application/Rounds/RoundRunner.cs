using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Rounds;

/// <summary>
/// Takes one round through its states: Preparing → Training → Evaluating → Scoring → Completed. Safe to call again for a
/// round that a dead worker left behind: training goes on from its last checkpoint, later phases read the model file.
/// </summary>
public sealed class RoundRunner(
    IDbContextFactory<AppDbContext> contexts,
    RoundDataReader data,
    IModelTrainer trainer,
    StorageOptions storage,
    StorageRoom room,
    JobWatch jobs,
    AlarmService alarms,
    TimeProvider time,
    ILogger<RoundRunner> logger)
{
    private const string Subject = "The round";

    /// <summary>MC-Dropout passes with which the pool is scored; a variance from 50 has 20 % relative error.</summary>
    public const int ScoringPasses = 50;

    /// <summary>Silent failures, the surest, of which it is found out what the model saw its evidence in: it takes as long as to ask about 65 images.</summary>
    public const int MostAttributed = 200;

    /// <summary>Runs the round to its end. A cancelled <paramref name="stopping"/> leaves it as it is, for the next worker.</summary>
    public async Task RunAsync(int roundId, CancellationToken stopping)
    {
        var round = await ReadAsync(roundId, stopping);
        if (round is null || !round.State.IsActive())
        {
            return;
        }

        if (round.Tries > JobOptions.MostTries)
        {
            await EndAsync(round, RoundState.Failed, JobOptions.TooManyTries(Subject), stopping);
            return;
        }

        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        RoundJournal? journal = null;
        try
        {
            await EnsureAllowedAsync(round, stopping);
            await jobs.RunTrainingAsync(
                Subject,
                async (beat, stalling) =>
                {
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled.Token, stalling);
                    journal = new RoundJournal(contexts, roundId, time, logger, room, beat, onCancelRequested: cancelled.Cancel);
                    await using (journal)
                    {
                        await RunPhasesAsync(round, journal, either.Token, stopping);
                    }
                },
                stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            logger.LogInformation("Round {RoundId} stops with its worker and goes on with the next.", roundId);
            await GiveBackTryAsync(roundId);
        }
        catch (OperationCanceledException)
        {
            await (journal is { IsShort: true }
                ? EndAsync(round, RoundState.Failed, room.Problem(Subject, 0) ?? StorageFailure.Full, stopping)
                : EndAsync(round, RoundState.Cancelled, null, stopping));
        }
        catch (Exception refused) when (refused is RoundException or StalledException)
        {
            await EndAsync(round, RoundState.Failed, refused.Message, stopping);
        }
        catch (Exception failure) when (StoredFileOf(failure) is { } lost)
        {
            await alarms.RaiseLostFileAsync(lost, CancellationToken.None);
            const string Sentence =
                "The file of an image is missing from the storage, or damaged there; the project's alarms say which. Nothing was learned from it.";
            await EndAsync(round, RoundState.Failed, Sentence, stopping);
        }
        catch (Exception failure) when (StorageFailure.Describe(failure) is { } sentence)
        {
            logger.LogError(failure, "Round {RoundId} could not be stored.", roundId);
            await EndAsync(round, RoundState.Failed, sentence, stopping);
        }
        catch (Exception unexpected)
        {
            logger.LogError(unexpected, "Round {RoundId} failed.", roundId);
            await EndAsync(round, RoundState.Failed, $"{unexpected.GetType().Name}: {unexpected.Message}", stopping);
        }
    }

    /// <summary>The file of an image that could not be used, where that is what a failure comes from; several threads may have met it.</summary>
    internal static StoredFileException? StoredFileOf(Exception failure) =>
        failure as StoredFileException ?? (failure as AggregateException)?.Flatten().InnerExceptions.OfType<StoredFileException>().FirstOrDefault();

    private async Task RunPhasesAsync(Round round, RoundJournal journal, CancellationToken cancellationToken, CancellationToken stopping)
    {
        await journal.EnterAsync(RoundState.Preparing, cancellationToken);
        var roundData = await data.ReadAsync(new RoundScope(round.ProjectId, round.LabelSnapshot, round.Consensus, round.ImageSize), journal, cancellationToken);
        var modelFile = round.NewModelFile;
        var modelPath = Path.Combine(roundData.Folder, modelFile);

        await journal.EnterAsync(RoundState.Training, cancellationToken);
        var task = roundData.ToTrainingTask(round, modelPath, await BeginningFileAsync(round, roundData.Folder, cancellationToken));
        var certificate = await OwnThread.RunAsync(() => trainer.Train(task, journal, cancellationToken), cancellationToken);
        File.Delete(task.CheckpointPath);
        var modelHash = await ModelSeal.OfAsync(modelPath, cancellationToken);

        await journal.EnterAsync(RoundState.Evaluating, cancellationToken);
        var test = await AskAsync(modelPath, roundData.Pixels, roundData, cancellationToken);
        string[] patients = [.. roundData.Test.Select(i => i.Patient)];
        var measured = test is null ? null : new Measured(
            EvaluationReport.From(test, patients),
            MeasuredValue.All(test, patients, round.SilentFailureThreshold, (ulong)round.Seed, certificate?.Threshold),
            await DescribeAsync(round, roundData, test, modelPath, journal, cancellationToken));
        var (gate, activeRoundId) = await JudgeAsync(round, roundData, test, patients, journal, cancellationToken);

        await journal.EnterAsync(RoundState.Scoring, cancellationToken);
        var ranking = await ScoreAsync(round, roundData, modelPath, journal, cancellationToken);
        var predictions = await PredictAsync(round, roundData, modelPath, cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        // From here on nobody can cancel it: a queue half in the order of a round that never was would belong to none.
        await CompleteAsync(round, new Outcome(modelFile, modelHash, measured, certificate, gate, activeRoundId, ranking, predictions), stopping);
    }

    /// <summary>The file of weights that a round begins with, a model or another, and its hash; null where it begins with none.</summary>
    /// <exception cref="RoundException">It is not there, or not the one that it was.</exception>
    private async Task<(string Path, string Hash)?> BeginningFileAsync(Round round, string folder, CancellationToken cancellationToken) => round.Beginning switch
    {
        Beginning.ActiveModel => await BeginningModelAsync(round, folder, cancellationToken),
        Beginning.File => await BeginningWeightsAsync(round, cancellationToken),
        _ => null,
    };

    private async Task<(string Path, string Hash)> BeginningModelAsync(Round round, string folder, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var before = await db.Rounds.AsNoTracking().FirstAsync(r => r.ProjectId == round.ProjectId && r.Number == round.BeginningRound, cancellationToken);
        return await ModelSeal.ProblemAsync(storage, before, cancellationToken) is { } problem
            ? throw new RoundException($"The round was to begin with an earlier model. {problem}")
            : (Path.Combine(folder, before.ModelFile!), before.ModelHash!);
    }

    private async Task<(string Path, string Hash)> BeginningWeightsAsync(Round round, CancellationToken cancellationToken)
    {
        var (name, known) = (round.BeginningFile!, round.BeginningFileHash!);
        var hash = await WeightsFiles.HashAsync(storage, name, cancellationToken);
        var problem = hash.Error ?? (hash.Value == known ? null : "The file was changed since the round was asked for.");
        return problem is null
            ? (WeightsFiles.PathOf(storage, name), known)
            : throw new RoundException($"The round was to begin with the {WeightsFiles.Describe(name, known)}. {problem}");
    }

    /// <summary>What a model says of the locked test set; null where there is none.</summary>
    private async Task<PredictionSet?> AskAsync(string modelPath, PixelSource pixels, RoundData roundData, CancellationToken cancellationToken)
    {
        if (roundData.Test.Count == 0)
        {
            return null;
        }

        var probabilities = await ProbabilitiesAsync(modelPath, pixels, roundData.Test.Select(i => i.Index), cancellationToken);
        return new PredictionSet(roundData.ClassNames.Count, [.. roundData.Test.Select(i => i.ClassIndex)], probabilities);
    }

    /// <summary>What the model said of each test image, with the uncertainty of the passes, and of its silent failures what they were seen in.</summary>
    private async Task<IReadOnlyList<TestPrediction>> DescribeAsync(
        Round round, RoundData roundData, PredictionSet test, string modelPath, RoundJournal journal, CancellationToken cancellationToken)
    {
        var read = await OwnThread.RunAsync(
            () => trainer.ReadPool(modelPath, roundData.Pixels, [.. roundData.Test.Select(i => i.Index)], ScoringPasses, round.Seed, journal, cancellationToken), cancellationToken);
        int[] failures =
        [
            .. Enumerable.Range(0, test.Count).Where(i => test.IsSilentFailure(i, round.SilentFailureThreshold)).OrderByDescending(test.Confidence).Take(MostAttributed)
        ];
        var maps = await OwnThread.RunAsync(
            () => trainer.Attribute(modelPath, roundData.Pixels, [.. failures.Select(i => roundData.Test[i].Index)], [.. failures.Select(test.Predicted)], cancellationToken), cancellationToken);
        var attribution = failures.Zip(maps).ToDictionary(f => f.First, f => f.Second);
        var width = ScoringPasses * test.Classes;
        return [.. roundData.Test.Select((image, i) => new TestPrediction
        {
            RoundId = round.Id,
            ImageId = image.Id,
            ReferenceClass = image.ClassIndex,
            Probabilities = TestPrediction.Pack(test.Probabilities(i)),
            Uncertainty = new StochasticPasses(read.Passes.AsSpan(i * width, width), ScoringPasses, test.Classes).Uncertainty(),
            Likeness = read.Likeness[(i * Likeness.Length)..((i + 1) * Likeness.Length)],
            Attribution = attribution.GetValueOrDefault(i, []),
        })];
    }

    /// <summary>
    /// Holds the new model against the active one on the test images as they are now, on which the active one is asked anew: images may have
    /// come since it was measured. Where that cannot be done the gate stays closed, and the round goes on.
    /// </summary>
    private async Task<(GateReport Gate, int? ActiveRoundId)> JudgeAsync(
        Round round, RoundData roundData, PredictionSet? candidate, string[] patients, RoundJournal journal, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == round.ProjectId, cancellationToken);
        if (candidate is null)
        {
            return (GateReport.Closed(round.SilentFailureThreshold, "There are no test images of known class."), project.ActiveRoundId);
        }

        var active = await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.Id == project.ActiveRoundId, cancellationToken);
        try
        {
            var rival = active is null ? null : await AskActiveAsync(active, roundData, journal, cancellationToken);
            return (GateReport.Judge(candidate, rival, patients, round.SilentFailureThreshold, project.Limits, (ulong)round.Seed), active?.Id);
        }
        catch (Exception failure) when (failure is not OperationCanceledException && active is not null)
        {
            logger.LogError(failure, "The active model of round {ActiveRoundId} could not be measured; the gate stays closed for round {RoundId}.", active.Id, round.Id);
            return (GateReport.Closed(round.SilentFailureThreshold, $"The active model, of round {active.Number}, could not be measured: {failure.Message}"), active.Id);
        }
    }

    /// <summary>The active model may look at images of another size than the new one.</summary>
    /// <exception cref="InvalidDataException">It is not the one that its round made.</exception>
    private async Task<PredictionSet?> AskActiveAsync(Round active, RoundData roundData, RoundJournal journal, CancellationToken cancellationToken)
    {
        if (await ModelSeal.ProblemAsync(storage, active, cancellationToken) is { } problem)
        {
            throw new InvalidDataException(problem);
        }

        var pixels = await data.ReadPixelsAsync(active.ProjectId, roundData.ContentHashes, active.ImageSize, journal, cancellationToken);
        return await AskAsync(Path.Combine(roundData.Folder, active.ModelFile!), pixels, roundData, cancellationToken);
    }

    private async Task<IReadOnlyList<(ModelOpinion Opinion, double Score)>> ScoreAsync(
        Round round, RoundData roundData, string modelPath, RoundJournal journal, CancellationToken cancellationToken)
    {
        if (roundData.Pool.Count == 0)
        {
            return [];
        }

        var classes = roundData.ClassNames.Count;
        var read = await OwnThread.RunAsync(
            () => trainer.ReadPool(modelPath, roundData.Pixels, [.. roundData.Pool.Select(i => i.Index)], ScoringPasses, round.Seed, journal, cancellationToken),
            cancellationToken);
        var width = ScoringPasses * classes;
        var scores = new double[roundData.Pool.Count];
        var opinions = new ModelOpinion[scores.Length];
        for (var i = 0; i < scores.Length; i++)
        {
            var own = new StochasticPasses(read.Passes.AsSpan(i * width, width), ScoringPasses, classes);
            scores[i] = AcquisitionScorer.Score(round.Acquisition, in own, roundData.Pool[i].ContentHash, (ulong)round.Seed);
            opinions[i] = ModelOpinion.From(roundData.Pool[i].Id, round, in own, read.Likeness.AsSpan(i * Likeness.Length, Likeness.Length));
        }

        var order = AcquisitionScorer.Rank(scores, [.. roundData.Pool.Select(i => i.ContentHash)]);
        return [.. order.Select(i => (opinions[i], scores[i]))];
    }

    /// <summary>What the model says of the images that will be drawn at random, before they are: they come in the order of content hashes, as the pool does.</summary>
    private async Task<List<RoundPrediction>> PredictAsync(Round round, RoundData roundData, string modelPath, CancellationToken cancellationToken)
    {
        var images = roundData.Pool.Take(LiveCheckService.Checked(roundData.Pool.Count)).ToList();
        if (images.Count == 0)
        {
            return [];
        }

        var probabilities = await ProbabilitiesAsync(modelPath, roundData.Pixels, images.Select(i => i.Index), cancellationToken);
        return [.. probabilities.Chunk(roundData.ClassNames.Count).Zip(images, (own, image) =>
        {
            var most = own.Index().MaxBy(p => p.Item);
            return new RoundPrediction { RoundId = round.Id, ImageId = image.Id, ClassIndex = most.Index, Confidence = most.Item };
        })];
    }

    /// <summary>The round is completed once the queue has its order.</summary>
    private async Task CompleteAsync(Round round, Outcome outcome, CancellationToken cancellationToken)
    {
        await new QueueRanking(contexts, time).WriteAsync(round.ProjectId, round.Id, outcome.Ranking, cancellationToken);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var row = await db.Rounds.FirstAsync(r => r.Id == round.Id, cancellationToken);
        row.State = RoundState.Completed;
        row.FinishedUtc = time.GetUtcNow().UtcDateTime;
        row.PhaseProgress = 1;
        row.SecondsLeft = null;
        (row.ModelFile, row.ModelHash) = (outcome.ModelFile, outcome.ModelHash);
        row.ScoredCount = outcome.Ranking.Count;
        (row.Certificate, row.Gate, row.GateAgainstRoundId) = (outcome.Certificate, outcome.Gate, outcome.ActiveRoundId);
        await db.RoundThresholds.Where(t => t.RoundId == round.Id).ExecuteDeleteAsync(cancellationToken);
        await db.TestPredictions.Where(p => p.RoundId == round.Id).ExecuteDeleteAsync(cancellationToken);
        if (outcome.Measured is { Report: var report } measured)
        {
            Record(row, measured);
            db.TestPredictions.AddRange(measured.Predictions);
            var thresholds = TestClasses.CanBeTold(report.ClassCounts) ? EvaluationReport.Thresholds : [];
            db.RoundThresholds.AddRange(thresholds.Select(threshold => new RoundThreshold
            {
                RoundId = round.Id,
                Threshold = threshold,
                SilentFailureRate = report.SilentFailureRate[EvaluationReport.Key(threshold)],
                Coverage = report.Coverage[EvaluationReport.Key(threshold)],
            }));
        }

        await db.RoundPredictions.Where(p => p.RoundId == round.Id).ExecuteDeleteAsync(cancellationToken);
        db.RoundPredictions.AddRange(outcome.Predictions);
        var project = await db.Projects.FirstAsync(p => p.Id == round.ProjectId, cancellationToken);
        project.QueueRoundId = round.Id;
        await db.LiveStates.Where(s => s.ProjectId == round.ProjectId).ExecuteUpdateAsync(set => set.SetProperty(s => s.RankingId, (int?)null), cancellationToken);
        PromotionService.PromoteByGate(db, project, row, time);
        await db.SaveChangesAsync(cancellationToken);
        await ReadingPlan.ApplyAsync(db, round.ProjectId, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        logger.LogInformation("Round {RoundId} completed; {Count} images ranked; the gate says {Verdict}.", round.Id, outcome.Ranking.Count, outcome.Gate.Verdict);
    }

    private static void Record(Round row, Measured measured)
    {
        MeasuredValue Of(Measure measure) => measured.Values.Single(m => m.Measure == measure);
        var (accuracy, silentFailures) = (Of(Measure.Accuracy), Of(Measure.SilentFailureRate));
        row.Measures = measured.Values;
        row.TestCount = measured.Report.Count;
        row.TestPatients = measured.Report.Patients;
        row.Accuracy = accuracy.Value;
        row.AccuracyLow = accuracy.Interval?.Low;
        row.AccuracyHigh = accuracy.Interval?.High;
        row.Auc = Of(Measure.Auc).Value;
        row.SilentFailureRate = silentFailures.Value;
        row.SilentFailureLow = silentFailures.Interval?.Low;
        row.SilentFailureHigh = silentFailures.Interval?.High;
    }

    /// <summary>Who started the round must still be allowed to.</summary>
    private async Task EnsureAllowedAsync(Round round, CancellationToken cancellationToken)
    {
        if (round.RequestedById is null)
        {
            return;
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (!await Permission.MayLeadAsync(db, round.ProjectId, round.RequestedById))
        {
            throw new RoundException("Whoever started this round may no longer start rounds.");
        }
    }

    private async Task<Round?> ReadAsync(int roundId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow().UtcDateTime;
        await db.Rounds.Where(r => r.Id == roundId && RoundStates.Active.Contains(r.State)).ExecuteUpdateAsync(
            set => set.SetProperty(r => r.Attempts, r => r.Attempts + 1).SetProperty(r => r.Tries, r => r.Tries + 1)
                .SetProperty(r => r.StartedUtc, r => r.StartedUtc ?? now),
            cancellationToken);
        return await db.Rounds.AsNoTracking().FirstOrDefaultAsync(r => r.Id == roundId, cancellationToken);
    }

    private async Task GiveBackTryAsync(int roundId)
    {
        await using var db = await contexts.CreateDbContextAsync();
        await db.Rounds.Where(r => r.Id == roundId && r.Tries > 0).ExecuteUpdateAsync(set => set.SetProperty(r => r.Tries, r => r.Tries - 1));
    }

    /// <summary>Ends a round that is not completed, of which no file stays.</summary>
    private Task EndAsync(Round round, RoundState state, string? error, CancellationToken stopping) => StorageFailure.UntilStoredAsync(
        async () =>
        {
            // First: to open the database may need room for its log, and the checkpoint may be what fills the disk.
            data.DeleteCheckpoint(round);
            await using var db = await contexts.CreateDbContextAsync(stopping);
            if (await db.Rounds.AnyAsync(r => r.Id == round.Id && r.State == RoundState.Completed, stopping))
            {
                return;
            }

            // Before the row, which on a full disk needs the room.
            data.DeleteModel(round);
            var now = time.GetUtcNow().UtcDateTime;
            await db.Rounds.Where(r => r.Id == round.Id).ExecuteUpdateAsync(
                set => set.SetProperty(r => r.State, state).SetProperty(r => r.Error, error).SetProperty(r => r.FinishedUtc, now).SetProperty(r => r.SecondsLeft, (double?)null),
                stopping);
        },
        time,
        stopping);

    private Task<double[]> ProbabilitiesAsync(string modelPath, PixelSource pixels, IEnumerable<int> images, CancellationToken cancellationToken) =>
        OwnThread.RunAsync(() => trainer.Predict(modelPath, pixels, [.. images], cancellationToken), cancellationToken);

    /// <summary>What the test set says of a model.</summary>
    private sealed record Measured(EvaluationReport Report, IReadOnlyList<MeasuredValue> Values, IReadOnlyList<TestPrediction> Predictions);

    /// <summary>What a round leaves behind.</summary>
    private sealed record Outcome(
        string ModelFile,
        string ModelHash,
        Measured? Measured,
        Certificate? Certificate,
        GateReport Gate,
        int? ActiveRoundId,
        IReadOnlyList<(ModelOpinion Opinion, double Score)> Ranking,
        IReadOnlyList<RoundPrediction> Predictions);
}
