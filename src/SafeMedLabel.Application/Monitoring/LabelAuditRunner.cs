using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Runs one label audit: trains without each part of the patients in turn, asks about that part, and keeps what is contradicted.</summary>
public sealed class LabelAuditRunner(
    IDbContextFactory<AppDbContext> contexts, RoundDataReader data, IModelTrainer trainer, TimeProvider time, ILogger<LabelAuditRunner> logger)
{
    /// <summary>Part of the progress that preparing the pixels is.</summary>
    private const double Preparing = 0.05;

    /// <summary>Runs the audit to its end. A cancelled <paramref name="stopping"/> leaves it as it is, for the next worker, which begins again.</summary>
    public async Task RunAsync(int auditId, CancellationToken stopping)
    {
        if (await TakeUpAsync(auditId, stopping) is not { } audit)
        {
            return;
        }

        using var cancelled = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        try
        {
            await RunAsync(audit, new Journal(contexts, auditId, time, logger, cancelled.Cancel), cancelled.Token);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            logger.LogInformation("Label audit {AuditId} stops with its worker and begins again with the next.", auditId);
        }
        catch (OperationCanceledException)
        {
            await EndAsync(auditId, LabelAuditState.Cancelled, null);
        }
        catch (RoundException refused)
        {
            await EndAsync(auditId, LabelAuditState.Failed, refused.Message);
        }
        catch (Exception unexpected)
        {
            logger.LogError(unexpected, "Label audit {AuditId} failed.", auditId);
            await EndAsync(auditId, LabelAuditState.Failed, $"{unexpected.GetType().Name}: {unexpected.Message}");
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
            Seed = audit.Seed,
            DataHash = read.DataHash,
        };
        var folder = Path.Combine(read.Folder, $"label-audit-{audit.Id}");
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
            set => set.SetProperty(a => a.State, LabelAuditState.Running).SetProperty(a => a.StartedUtc, a => a.StartedUtc ?? now).SetProperty(a => a.Progress, 0), cancellationToken);
        return taken == 0 ? null : await db.LabelAudits.AsNoTracking().FirstAsync(a => a.Id == auditId, cancellationToken);
    }

    private async Task EndAsync(int auditId, LabelAuditState state, string? error)
    {
        await using var db = await contexts.CreateDbContextAsync();
        var now = time.GetUtcNow().UtcDateTime;
        await db.LabelAudits.Where(a => a.Id == auditId).ExecuteUpdateAsync(
            set => set.SetProperty(a => a.State, state).SetProperty(a => a.Error, error).SetProperty(a => a.FinishedUtc, now));
    }

    /// <summary>Writes progress into the audit's row, at most once a second, and passes a request to cancel the other way.</summary>
    private sealed class Journal(IDbContextFactory<AppDbContext> contexts, int auditId, TimeProvider time, ILogger logger, Action onCancelRequested)
    {
        private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

        private long? _written;

        /// <summary>A part of the work, whose own progress goes from 0 to 1.</summary>
        public IProgress<double> Part(double begin, double end) => new PartOfIt(this, begin, end);

        private void Write(double progress)
        {
            if (_written is { } before && time.GetElapsedTime(before) < Interval)
            {
                return;
            }

            _written = time.GetTimestamp();
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
