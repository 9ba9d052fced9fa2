using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Starts, stops and shows label audits, and sends what they suspect for a second reading. The search itself is the worker's.</summary>
public sealed class LabelAuditService(IDbContextFactory<AppDbContext> contexts, LabellingTurn turn, JobScheduler jobs, TimeProvider time)
{
    /// <summary>The most images that one call sends.</summary>
    public const int MostSentAtOnce = 500;

    /// <summary>Queues an audit of the labels as of now. Refused with a sentence while one is active or labels are too few.</summary>
    public async Task<Result<int>> StartAsync(int projectId, string userId, CancellationToken cancellationToken = default)
    {
        var entered = await contexts.ChangeAsync<Result<int>>(
            async db =>
            {
                if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead, userId) is { Succeeded: false } denied)
                {
                    return denied;
                }

                if (await LabellingQueries.Project(db, projectId) is not { } project)
                {
                    return Result.Refused("This project no longer exists.");
                }

                if (await db.LabelAudits.AnyAsync(a => a.ProjectId == projectId && LabelAudit.ActiveStates.Contains(a.State), cancellationToken))
                {
                    return Result.Refused("A label audit is already waiting or running.");
                }

                var lastEvent = await LabelSnapshot.LastEventAsync(db, projectId, cancellationToken);
                var labels = (await LabelSnapshot.ReadAsync(db, projectId, lastEvent, project.Consensus, cancellationToken)).Labels;
                var patients = await db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Training && i.ReadingsGiven > 0)
                    .Select(i => new { i.Id, i.Patient }).ToListAsync(cancellationToken);
                AuditedImage[] images = [.. from image in patients where labels.ContainsKey(image.Id) select new AuditedImage(0, image.Patient, labels[image.Id])];
                var folds = LabelCrossValidation.FoldsFor(images);
                if (LabelCrossValidation.Problem(images, folds) is { } problem)
                {
                    return Result.Refused(problem);
                }

                var audit = new LabelAudit
                {
                    ProjectId = projectId,
                    RequestedById = userId,
                    RequestedUtc = time.GetUtcNow().UtcDateTime,
                    LabelSnapshot = lastEvent,
                    Consensus = project.Consensus,
                    LabelCount = images.Length,
                    ImageSize = project.ImageSize,
                    Folds = folds,
                    Epochs = LabelCrossValidation.UsualEpochs,
                    Beginning = project.Beginning == Beginning.Random ? Beginning.Random : Beginning.ImageNet,
                    Seed = project.Seed,
                };
                db.LabelAudits.Add(audit);
                await db.SaveChangesAsync(cancellationToken);
                return audit.Id;
            },
            cancellationToken);
        if (entered.Succeeded)
        {
            // A crash between the two leaves a queued audit without a job; the worker finds such audits when it starts.
            await jobs.ScheduleLabelAuditAsync(entered.Value, cancellationToken);
        }

        return entered;
    }

    /// <summary>Asks the worker to stop an audit; one that still waits is cancelled at once.</summary>
    public Task<Result> CancelAsync(int auditId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            var projectId = await db.LabelAudits.Where(a => a.Id == auditId).Select(a => a.ProjectId).FirstOrDefaultAsync(cancellationToken);
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead) is { Succeeded: false } denied)
            {
                return denied;
            }

            var asked = await db.LabelAudits.Where(a => a.Id == auditId && LabelAudit.ActiveStates.Contains(a.State))
                .ExecuteUpdateAsync(set => set.SetProperty(a => a.CancelRequested, true), cancellationToken);
            if (asked == 0)
            {
                return Result.Refused("This label audit has already ended.");
            }

            var now = time.GetUtcNow().UtcDateTime;
            await db.LabelAudits.Where(a => a.Id == auditId && a.State == LabelAuditState.Queued)
                .ExecuteUpdateAsync(set => set.SetProperty(a => a.State, LabelAuditState.Cancelled).SetProperty(a => a.FinishedUtc, now), cancellationToken);
            return Result.Done;
        },
        cancellationToken);

    /// <summary>A project's latest audit in one of these states; null where there is none.</summary>
    public async Task<LabelAudit?> LatestAsync(int projectId, IReadOnlyCollection<LabelAuditState> states, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.LabelAudits.AsNoTracking().Where(a => a.ProjectId == projectId && states.Contains(a.State)).OrderByDescending(a => a.Id).FirstOrDefaultAsync(cancellationToken);
    }

    /// <summary>How many labels an audit suspects.</summary>
    public async Task<int> CountAsync(int auditId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.LabelAuditFindings.CountAsync(f => f.AuditId == auditId, cancellationToken);
    }

    /// <summary>The labels that an audit suspects most, the most suspicious first, and what came of each.</summary>
    public async Task<IReadOnlyList<SuspectedLabel>> ListAsync(int auditId, int count, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var findings = await db.LabelAuditFindings.AsNoTracking().Where(f => f.AuditId == auditId).OrderBy(f => f.Rank).Take(count).ToListAsync(cancellationToken);
        var followUps = await FollowUpsAsync(db, db.LabelAuditFindings.Where(f => f.AuditId == auditId), cancellationToken);
        // What another audit sent waits too, and may not be sent twice.
        var waiting = (await Waiting(db, auditId).ToListAsync(cancellationToken)).ToHashSet();
        return
        [
            .. from finding in findings
               let followUp = followUps.GetValueOrDefault((finding.AuditId, finding.ImageId))
               let state = followUp?.State ?? (finding.SentUtc is not null || waiting.Contains(finding.ImageId) ? SuspicionState.Waiting : SuspicionState.Unsent)
               select new SuspectedLabel(
                   finding.ImageId, finding.GivenClass, finding.SuggestedClass, finding.GivenProbability, finding.SuggestedProbability, state, followUp?.Class)
        ];
    }

    /// <summary>
    /// Sends an image that an audit suspects for a second reading: another reader gets it before all others, and knows neither its label nor why they
    /// are asked. It is neither who gave the label nor who sends it.
    /// </summary>
    public async Task<Result> SendAsync(int auditId, Guid imageId, string userId, CancellationToken cancellationToken = default)
    {
        var sent = await SendAsync(auditId, findings => findings.Where(f => f.ImageId == imageId), userId, cancellationToken);
        return sent is { Succeeded: true, Value: 0 } ? Result.Refused("This image has been sent already, or is decided.") : (Result)sent;
    }

    /// <summary>Sends the first so many of an audit's images that were not sent yet; returns how many there were.</summary>
    public async Task<Result<int>> SendFirstAsync(int auditId, int count, string userId, CancellationToken cancellationToken = default)
    {
        if (count is < 1 or > MostSentAtOnce)
        {
            return Result.Refused($"1 to {MostSentAtOnce} images can be sent at once.");
        }

        var sent = await SendAsync(auditId, findings => findings.OrderBy(f => f.Rank).Take(count), userId, cancellationToken);
        return sent is { Succeeded: true, Value: 0 } ? Result.Refused("All images of this audit have been sent already, or are decided.") : sent;
    }

    /// <summary>What came of all images that a project's audits have sent.</summary>
    public async Task<AuditYield> YieldAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var sent = OfProject(db, projectId).Where(f => f.SentUtc != null);
        var followUps = (await FollowUpsAsync(db, sent, cancellationToken)).Values;
        var decided = followUps.Where(f => f.State == SuspicionState.Decided).ToList();
        return new AuditYield(
            await sent.CountAsync(cancellationToken), followUps.Count, followUps.Count(f => f.IsContradicted), decided.Count, decided.Count(f => f.Class != f.GivenClass));
    }

    /// <summary>How many people have read images of a project, but for the one who would send some: a second reading needs two.</summary>
    public async Task<int> OtherReadersAsync(int projectId, string userId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Answers.Where(a => a.ProjectId == projectId && a.Kind != AnswerKind.Skip && a.ReaderId != userId)
            .Select(a => a.ReaderId).Distinct().CountAsync(cancellationToken);
    }

    private Task<Result<int>> SendAsync(int auditId, Func<IQueryable<LabelAuditFinding>, IQueryable<LabelAuditFinding>> choose, string userId, CancellationToken cancellationToken) => turn.RunAsync<Result<int>>(
        async db =>
        {
            var projectId = await db.LabelAudits.Where(a => a.Id == auditId).Select(a => a.ProjectId).FirstOrDefaultAsync(cancellationToken);
            if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead, userId) is { Succeeded: false } denied)
            {
                return denied;
            }

            var now = time.GetUtcNow().UtcDateTime;
            var open = db.LabelAuditFindings.Where(f => f.AuditId == auditId && f.SentUtc == null && !db.Adjudications.Any(a => a.ImageId == f.ImageId)
                && !Waiting(db, auditId).Contains(f.ImageId));
            var chosen = await choose(open).ToListAsync(cancellationToken);
            var ids = chosen.Select(f => f.ImageId).ToList();
            var images = await db.Images.Where(i => ids.Contains(i.Id)).ToDictionaryAsync(i => i.Id, cancellationToken);
            var lastEvent = await LabelSnapshot.LastEventAsync(db, projectId, cancellationToken);
            foreach (var finding in chosen)
            {
                var image = images[finding.ImageId];
                (finding.SentUtc, finding.SentById, finding.SentAfterEventId) = (now, userId, lastEvent);
                image.ReadingsAsked = image.ReadingsGiven + 1;
                image.ReadingsWanted = Math.Max(image.ReadingsWanted, image.ReadingsAsked);
            }

            return chosen.Count;
        },
        cancellationToken);

    private static IQueryable<LabelAuditFinding> OfProject(AppDbContext db, int projectId) =>
        db.LabelAuditFindings.Where(f => db.LabelAudits.Any(a => a.Id == f.AuditId && a.ProjectId == projectId));

    /// <summary>Images of an audit whose second reading is asked for and not given yet.</summary>
    private static IQueryable<Guid> Waiting(AppDbContext db, int auditId) =>
        from finding in db.LabelAuditFindings
        join image in db.Images on finding.ImageId equals image.Id
        where finding.AuditId == auditId && image.ReadingsAsked > image.ReadingsGiven
        select image.Id;

    /// <summary>What readers and adjudicators have said of these findings since they were sent; who had read an image before gives no second reading of it.</summary>
    private static async Task<Dictionary<(int AuditId, Guid ImageId), FollowUp>> FollowUpsAsync(
        AppDbContext db, IQueryable<LabelAuditFinding> findings, CancellationToken cancellationToken)
    {
        var readings = await (from finding in findings
                              join answer in db.Answers on finding.ImageId equals answer.ImageId
                              where answer.EventId > finding.SentAfterEventId && answer.Kind != AnswerKind.Skip
                                  && !db.LabelEvents.Any(e => e.ImageId == answer.ImageId && e.ReaderId == answer.ReaderId && e.Id <= finding.SentAfterEventId
                                      && (e.Kind == AnswerKind.Label || e.Kind == AnswerKind.Unreadable))
                              orderby answer.EventId
                              select new { finding.AuditId, finding.ImageId, finding.GivenClass, answer.ClassIndex }).ToListAsync(cancellationToken);
        var decisions = await (from finding in findings
                               join decision in db.Adjudications on finding.ImageId equals decision.ImageId
                               where decision.EventId > finding.SentAfterEventId
                               select new { finding.AuditId, finding.ImageId, finding.GivenClass, decision.ClassIndex }).ToListAsync(cancellationToken);
        var followUps = new Dictionary<(int, Guid), FollowUp>();
        foreach (var first in readings.GroupBy(r => (r.AuditId, r.ImageId)).Select(image => image.First()))
        {
            var contradicts = first.ClassIndex != first.GivenClass;
            followUps[(first.AuditId, first.ImageId)] = new FollowUp(contradicts ? SuspicionState.Contradicted : SuspicionState.Confirmed, first.GivenClass, first.ClassIndex, contradicts);
        }

        foreach (var decision in decisions)
        {
            var key = (decision.AuditId, decision.ImageId);
            var contradicted = followUps.GetValueOrDefault(key)?.IsContradicted ?? decision.ClassIndex != decision.GivenClass;
            followUps[key] = new FollowUp(SuspicionState.Decided, decision.GivenClass, decision.ClassIndex, contradicted);
        }

        return followUps;
    }

    /// <summary>What was said of a finding since it was sent.</summary>
    /// <param name="State">Confirmed, contradicted or decided.</param>
    /// <param name="GivenClass">The label.</param>
    /// <param name="Class">What was said last; null for 'unreadable'.</param>
    /// <param name="IsContradicted">Whether the second reading is not the label.</param>
    private sealed record FollowUp(SuspicionState State, int GivenClass, int? Class, bool IsContradicted);
}
