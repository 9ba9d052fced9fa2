using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Runs one label audit: trains without each part of the patients in turn, asks about that part, and keeps what is contradicted.</summary>
public sealed class LabelAuditRunner(
    IDbContextFactory<AppDbContext> contexts,
    RoundDataReader data,
    IModelTrainer trainer,
    StorageOptions storage,
    StorageRoom room,
    JobWatch jobs,
    AlarmService alarms,
    TimeProvider time,
    ILogger<LabelAuditRunner> logger)
{
    private const string Subject = "The label audit";

    /// <summary>What the folder of an audit's models is called, before the audit's key.</summary>
    internal const string FolderPrefix = "label-audit-";

    /// <summary>Part of the progress that preparing the pixels is.</summary>
    private const double Preparing = 0.05;

    /// <summary>Runs the audit to its end. A cancelled <paramref name="stopping"/> leaves it as it is, for the next worker, which begins again.</summary>
    public async Task RunAsync(int auditId, CancellationToken stopping)
    {
        if (await TakeUpAsync(auditId, stopping) is not { } audit)
        {
            return;
        }

        if (audit.Tries > JobOptions.MostTries)
        {
            await EndAsync(audit, LabelAuditState.Failed, JobOptions.TooManyTries(Subject), stopping);
            return;
        }

        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            await jobs.RunTrainingAsync(
                Subject,
                async (beat, stalling) =>
                {
                    using var either = CancellationTokenSource.CreateLinkedTokenSource(cancelled.Token, stalling);
                    await RunAsync(audit, new Journal(contexts, auditId, time, logger, room, beat, cancelled.Cancel), either.Token);
                },
                stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            logger.LogInformation("Label audit {AuditId} stops with its worker and begins again with the next.", auditId);
            await GiveBackTryAsync(auditId);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(audit, LabelAuditState.Cancelled, null, stopping);
        }
        catch (Exception refused) when (refused is RoundException or StalledException)
        {
            await EndAsync(audit, LabelAuditState.Failed, refused.Message, stopping);
        }
        catch (Exception failure) when (RoundRunner.StoredFileOf(failure) is { } lost)
        {
            await alarms.RaiseLostFileAsync(lost, CancellationToken.None);
            const string Sentence = "The file of an image is missing from the storage, or damaged there; the project's alarms say which.";
            await EndAsync(audit, LabelAuditState.Failed, Sentence, stopping);
        }
        catch (Exception failure) when (StorageFailure.Describe(failure) is { } sentence)
        {
            logger.LogError(failure, "Label audit {AuditId} could not be stored.", auditId);
            await EndAsync(audit, LabelAuditState.Failed, sentence, stopping);
        }
        catch (Exception unexpected)
        {
            logger.LogError(unexpected, "Label audit {AuditId} failed.", auditId);
            await EndAsync(audit, LabelAuditState.Failed, $"{unexpected.GetType().Name}: {unexpected.Message}", stopping);
        }
    }

    private async Task RunAsync(LabelAudit audit, Journal journal, CancellationToken cancellationToken)
    {
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (!await Permission.MayLeadAsync(db, audit.ProjectId, audit.RequestedById))
            {
                throw new RoundException("Whoever started this audit may no longer start audits.");
            }
        }

        var snapshot = new RoundScope(audit.ProjectId, audit.LabelSnapshot, audit.Consensus, audit.ImageSize);
        var read = await data.ReadAsync(snapshot, journal.Part(0, Preparing), cancellationToken);
        AuditedImage[] images = [.. read.Labelled.Select(i => new AuditedImage(i.Index, i.Patient, i.ClassIndex))];
        if (LabelCrossValidation.Problem(images, audit.Folds) is { } problem)
        {
            throw new RoundException(problem);
        }

        var validation = new LabelCrossValidation
        {
            Pixels = read.Pixels,
            ClassNames = read.ClassNames,
            Images = images,
            Folds = audit.Folds,
            Epochs = audit.Epochs,
            Beginning = audit.Beginning,
            Seed = audit.Seed,
            DataHash = read.DataHash,
        };
        var folder = FolderOf(audit);
        var predictions = await Task.Factory.StartNew(
            () => validation.Run(trainer, folder, journal.Part(Preparing, 1), cancellationToken), cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        await CompleteAsync(audit, read, new ConfidentLearning(predictions).Issues, cancellationToken);
    }

    private async Task CompleteAsync(LabelAudit audit, RoundData read, IReadOnlyList<LabelIssue> issues, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        // Where an adjudicator has decided, the suspicion has been looked into already.
        var decided = await db.Adjudications.Where(a => a.ProjectId == audit.ProjectId).Select(a => a.ImageId).ToHashSetAsync(cancellationToken);
        var findings = issues.Select(issue => (Issue: issue, read.Labelled[issue.Index].Id)).Where(f => !decided.Contains(f.Id));
        db.LabelAuditFindings.AddRange(findings.Select((finding, rank) => new LabelAuditFinding
        {
            AuditId = audit.Id,
            ImageId = finding.Id,
            Rank = rank,
            GivenClass = finding.Issue.Given,
            SuggestedClass = finding.Issue.Suggested,
            GivenProbability = finding.Issue.GivenProbability,
            SuggestedProbability = finding.Issue.SuggestedProbability,
        }));
        var row = await db.LabelAudits.FirstAsync(a => a.Id == audit.Id, cancellationToken);
        (row.State, row.FinishedUtc, row.Progress, row.LabelCount) = (LabelAuditState.Completed, time.GetUtcNow().UtcDateTime, 1, read.Labelled.Count);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        logger.LogInformation("Label audit {AuditId} completed: {Count} of {Labels} labels are suspected.", audit.Id, issues.Count, read.Labelled.Count);
    }

    private async Task<LabelAudit?> TakeUpAsync(int auditId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var now = time.GetUtcNow().UtcDateTime;
        var taken = await db.LabelAudits.Where(a => a.Id == auditId && LabelAudit.ActiveStates.Contains(a.State)).ExecuteUpdateAsync(
            set => set.SetProperty(a => a.State, LabelAuditState.Running).SetProperty(a => a.StartedUtc, a => a.StartedUtc ?? now)
                .SetProperty(a => a.Progress, 0).SetProperty(a => a.Tries, a => a.Tries + 1),
            cancellationToken);
        return taken == 0 ? null : await db.LabelAudits.AsNoTracking().FirstAsync(a => a.Id == auditId, cancellationToken);
    }

    private string FolderOf(LabelAudit audit) => Path.Combine(storage.ProjectFolder(audit.ProjectId), FormattableString.Invariant($"{FolderPrefix}{audit.Id}"));

    private async Task GiveBackTryAsync(int auditId)
    {
        await using var db = await contexts.CreateDbContextAsync();
        await db.LabelAudits.Where(a => a.Id == auditId && a.Tries > 0).ExecuteUpdateAsync(set => set.SetProperty(a => a.Tries, a => a.Tries - 1));
    }

    /// <summary>Ends an audit that is not completed, of which no file stays.</summary>
    private Task EndAsync(LabelAudit audit, LabelAuditState state, string? error, CancellationToken stopping)
    {
        try
        {
            // Before the row, which on a full disk needs the room.
            Directory.Delete(FolderOf(audit), recursive: true);
        }
        catch (Exception kept) when (kept is IOException or UnauthorizedAccessException)
        {
            // There is none, or the next cleaning deletes it.
        }

        return StorageFailure.UntilStoredAsync(
            async () =>
            {
                await using var db = await contexts.CreateDbContextAsync(stopping);
                var now = time.GetUtcNow().UtcDateTime;
                await db.LabelAudits.Where(a => a.Id == audit.Id).ExecuteUpdateAsync(
                    set => set.SetProperty(a => a.State, state).SetProperty(a => a.Error, error).SetProperty(a => a.FinishedUtc, now), stopping);
            },
            time,
            stopping);
    }

    /// <summary>Writes progress into the audit's row, at most once a second, and passes a request to cancel the other way.</summary>
    private sealed class Journal(
        IDbContextFactory<AppDbContext> contexts, int auditId, TimeProvider time, ILogger logger, StorageRoom room, Heartbeat beat, Action onCancelRequested)
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

        private long? _written;

        /// <summary>A part of the work, whose own progress goes from 0 to 1.</summary>
        public IProgress<double> Part(double begin, double end) => new PartOfIt(this, begin, end);

        private void Write(double progress)
        {
            beat.Beat();
            if (_written is { } before && time.GetElapsedTime(before) < Interval)
            {
                return;
            }

            _written = time.GetTimestamp();
            room.Require(Subject, 0);
            try
            {
                using var db = contexts.CreateDbContext();
                var row = db.LabelAudits.Where(a => a.Id == auditId);
                row.ExecuteUpdate(set => set.SetProperty(a => a.Progress, progress));
                if (row.Any(a => a.CancelRequested))
                {
                    onCancelRequested();
                }
            }
            catch (DbException missed)
            {
                // A database that is busy for a moment costs a line of progress, not the audit.
                logger.LogWarning(missed, "Progress of label audit {AuditId} was not written.", auditId);
            }
        }

        private sealed class PartOfIt(Journal journal, double begin, double end) : IProgress<double>
        {
            public void Report(double value) => journal.Write(begin + ((end - begin) * value));
        }
    }
}
