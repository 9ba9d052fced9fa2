using System.Globalization;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Raises alarms, and shows them until somebody has seen them.</summary>
public sealed class AlarmService(
    IDbContextFactory<AppDbContext> contexts, DriftService drift, LiveCheckService liveChecks, TimeProvider time, ILogger<AlarmService> logger)
{
    /// <summary>Lost files of a project of which alarms may wait to be seen.</summary>
    public const int MostLostFiles = 20;

    /// <summary>A project's alarms, the newest first.</summary>
    public async Task<IReadOnlyList<Alarm>> ListAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Alarms.AsNoTracking().Where(a => a.ProjectId == projectId).OrderByDescending(a => a.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Alarms of a project that nobody has seen.</summary>
    public async Task<int> UnseenAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Alarms.CountAsync(a => a.ProjectId == projectId && a.SeenUtc == null, cancellationToken);
    }

    /// <summary>Somebody has seen an alarm; who was first stays.</summary>
    public async Task<Result> SeenAsync(int projectId, int alarmId, string userId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead, userId) is { Succeeded: false } denied)
        {
            return denied;
        }

        var now = time.GetUtcNow().UtcDateTime;
        await db.Alarms.Where(a => a.Id == alarmId && a.ProjectId == projectId && a.SeenUtc == null)
            .ExecuteUpdateAsync(set => set.SetProperty(a => a.SeenUtc, now).SetProperty(a => a.SeenById, userId), cancellationToken);
        return Result.Done;
    }

    /// <summary>Holds a project's imports and sites against its training data and raises what is new; returns how many alarms that were.</summary>
    public Task<int> RaiseDriftAsync(int projectId, CancellationToken cancellationToken = default) => RaiseAsync(projectId, DriftedAsync, cancellationToken);

    /// <summary>Holds a project's live check against its limit and raises what is new; returns how many alarms that were.</summary>
    public Task<int> RaiseSilentFailuresAsync(int projectId, CancellationToken cancellationToken = default) => RaiseAsync(projectId, FailingSilentlyAsync, cancellationToken);

    /// <summary>
    /// Says in every project that has an image whose file is missing or damaged so; returns how many alarms that were. Of a project's files no more than
    /// <see cref="MostLostFiles"/> are named that nobody has seen: where a disk is lost, there may be a million. Where nothing can be stored it is logged.
    /// </summary>
    public async Task<int> RaiseLostFileAsync(StoredFileException lost, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lost);
        try
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var images = await (from project in db.Projects
                                from image in db.Images
                                where image.ProjectId == project.Id && image.ContentHash == lost.Hash
                                select new { project.Id, Image = image.Id }).ToListAsync(cancellationToken);
            var raised = 0;
            foreach (var image in images)
            {
                logger.LogError("The file of image {ImageId} of project {ProjectId} is {What}.", image.Image, image.Id, lost.IsMissing ? "missing" : "damaged");
                raised += await RaiseAsync(
                    image.Id,
                    async (_, token) => await CountLostAsync(image.Id, token) >= MostLostFiles ? [] : [LostFile(image.Image, lost)],
                    cancellationToken);
            }

            return raised;
        }
        catch (Exception failure) when (StorageFailure.Describe(failure) is not null)
        {
            logger.LogError(failure, "The file of an image is missing or damaged, and no alarm can be stored.");
            return 0;
        }
        catch (DbUpdateException)
        {
            // Somebody else met the same file at the same moment, and has raised it.
            return 0;
        }
    }

    /// <summary>
    /// Says that a project's rounds do not start by themselves, because the file of weights that they would begin with cannot be used; returns how many
    /// alarms that were. One alarm a file, however many answers ask for a round. Where nothing can be stored it is logged.
    /// </summary>
    /// <param name="projectId">The project.</param>
    /// <param name="name">The file's name, as the project has it.</param>
    /// <param name="why">What is wrong with it, as a sentence.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<int> RaiseLostWeightsAsync(int projectId, string name, string why, CancellationToken cancellationToken = default)
    {
        try
        {
            var lost = new Finding(AlarmKind.LostWeights, $"file of weights {name}", $"Rounds do not start by themselves: {why}");
            return await RaiseAsync(projectId, (_, _) => Task.FromResult<IEnumerable<Finding>>([lost]), cancellationToken);
        }
        catch (Exception failure) when (failure is DbUpdateException || StorageFailure.Describe(failure) is not null)
        {
            logger.LogError(failure, "Rounds of project {ProjectId} cannot begin with their file of weights, and no alarm can be stored.", projectId);
            return 0;
        }
    }

    private async Task<int> CountLostAsync(int projectId, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Alarms.CountAsync(a => a.ProjectId == projectId && a.Kind == AlarmKind.LostFile && a.SeenUtc == null, cancellationToken);
    }

    private static Finding LostFile(Guid imageId, StoredFileException lost) => new(
        AlarmKind.LostFile,
        Invariant($"file of image {imageId}"),
        $"The file of image {imageId} is {(lost.IsMissing ? "missing from the storage" : "damaged in the storage")}: it is neither shown nor learned from. "
        + "Restore it from a backup, or import it again.");

    private async Task<int> RaiseAsync(
        int projectId, Func<Project, CancellationToken, Task<IEnumerable<Finding>>> findAsync, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Projects.AsNoTracking().FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken) is not { } project)
        {
            return 0;
        }

        var known = await db.Alarms.Where(a => a.ProjectId == projectId).Select(a => a.Cause).ToHashSetAsync(cancellationToken);
        var now = time.GetUtcNow().UtcDateTime;
        var raised = (await findAsync(project, cancellationToken)).Where(f => !known.Contains(f.Cause)).Select(found => new Alarm
        {
            ProjectId = projectId,
            Kind = found.Kind,
            Cause = found.Cause,
            Text = found.Text,
            RaisedUtc = now,
        }).ToList();
        db.Alarms.AddRange(raised);
        await db.SaveChangesAsync(cancellationToken);
        foreach (var alarm in raised)
        {
            logger.LogWarning("Alarm {AlarmId} of project {ProjectId}, {Kind}: {Cause}.", alarm.Id, projectId, alarm.Kind, alarm.Cause);
        }

        return raised.Count;
    }

    private async Task<IEnumerable<Finding>> DriftedAsync(Project project, CancellationToken cancellationToken) =>
        from found in await drift.ReadAsync(project.Id, cancellationToken)
        let findings = found.Findings.Where(f => f.IsAlarm).ToList()
        where findings.Count > 0
        select new Finding(AlarmKind.Drift, found.ImportId is { } import ? Invariant($"import {import}") : $"site {found.Name.ToUpperInvariant()}", DriftText(found, findings));

    private async Task<IEnumerable<Finding>> FailingSilentlyAsync(Project project, CancellationToken cancellationToken)
    {
        var check = await liveChecks.ReadAsync(project.Id, cancellationToken);
        return check?.SilentFailureInterval?.Low > project.LargestSilentFailureRate
            ? [new Finding(AlarmKind.SilentFailures, Invariant($"live check of round {check.RoundNumber}"), LiveText(check, project))]
            : [];
    }

    private static string DriftText(DriftGroup group, List<DriftFinding> findings) =>
        $"{group.Subject} is unlike the training data: {string.Join(", ", findings.Select(f => Invariant($"{Name(f.Quantity)} {Math.Abs(f.Shift.Deviations):0.0} SD {(f.Shift.Deviations < 0 ? "lower" : "higher")}")))}.";

    private static string LiveText(LiveCheck check, Project project) => Invariant(
        $"The model of round {check.RoundNumber} is silently wrong in {check.Silent} of {check.Labelled} images drawn at random, {100 * check.SilentFailureRate:0.00} %, with a 95 % interval from {100 * check.SilentFailureInterval?.Low:0.00} %; the project allows {100 * project.LargestSilentFailureRate:0.00} %.");

    private static string Name(DriftQuantity quantity) => quantity switch
    {
        DriftQuantity.Contrast => "contrast",
        DriftQuantity.Uncertainty => "the model's uncertainty",
        _ => quantity.ToString().ToLowerInvariant(),
    };

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);

    /// <summary>What an alarm may be raised for.</summary>
    private sealed record Finding(AlarmKind Kind, string Cause, string Text);
}
