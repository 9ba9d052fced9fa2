using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Says whether a project's split can measure a model, and splits anew while nothing depends on it.</summary>
public sealed class SplitService(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>What is wrong with the split of a project before its first round; null after it, during an import, without images, and where nothing is.</summary>
    public async Task<SplitAdvice?> AdviseAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await db.Projects.AsNoTracking().FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken) is not { } project
            || await db.Rounds.AnyAsync(r => r.ProjectId == projectId, cancellationToken)
            || await IsImportingAsync(db, projectId, cancellationToken))
        {
            return null;
        }

        var (items, splits) = await ReadAsync(db, projectId, cancellationToken);
        var classes = await db.ProjectClasses.CountAsync(c => c.ProjectId == projectId, cancellationToken);
        var thin = items.Count == 0 ? [] : SplitCheck.Find(items, patient => splits[patient], classes);
        if (thin.Count == 0)
        {
            return null;
        }

        var better = SplitCheck.Propose(items, classes, (ulong)project.Seed);
        return new SplitAdvice(thin, better == project.Fractions ? null : better, await WhyFixedAsync(db, projectId, cancellationToken));
    }

    /// <summary>
    /// Draws the patients of every split anew, with shares that later imports keep too. Refused with a sentence once somebody has read an image or is to
    /// decide about one, a round was started, or where the shares are these already.
    /// </summary>
    /// <param name="projectId">The project.</param>
    /// <param name="fractions">The new shares.</param>
    /// <param name="cancellationToken">Gives up; nothing is changed then.</param>
    public Task<Result> SplitAnewAsync(int projectId, SplitFractions fractions, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(fractions);
        return contexts.ChangeAsync(
            async db =>
            {
                if (await ActorRight.InProjectAsync(db, projectId, Roles.Lead) is { Succeeded: false } denied)
                {
                    return denied;
                }

                if (await db.Projects.FirstOrDefaultAsync(p => p.Id == projectId, cancellationToken) is not { } project)
                {
                    return Result.Refused("This project no longer exists.");
                }

                if (await WhyFixedAsync(db, projectId, cancellationToken) is { } reason)
                {
                    return Result.Refused(reason);
                }

                if (project.Fractions == fractions)
                {
                    return Result.Refused("The patients are split by these shares already.");
                }

                (project.TestShare, project.CalibrationShare) = (fractions.Test, fractions.Calibration);
                await db.SaveChangesAsync(cancellationToken);
                await MoveAsync(db, project, cancellationToken);
                return Result.Done;
            },
            cancellationToken);
    }

    private static async Task MoveAsync(AppDbContext db, Project project, CancellationToken cancellationToken)
    {
        var (items, _) = await ReadAsync(db, project.Id, cancellationToken);
        var images = db.Images.Where(i => i.ProjectId == project.Id);
        var bySplit = PatientSplitter.Split(items, project.Fractions, (ulong)project.Seed);
        foreach (var patient in await images.Select(i => i.Patient).Distinct().ToListAsync(cancellationToken))
        {
            var split = bySplit[TextRule.Clean(patient)];
            await images.Where(i => i.Patient == patient).ExecuteUpdateAsync(
                set => set.SetProperty(i => i.Split, split).SetProperty(i => i.ReadingsWanted, project.ReadingsPerImage).SetProperty(i => i.ReadingsTaken, 0),
                cancellationToken);
        }

        // Nobody has answered yet: whoever holds an image is handed another.
        await db.Leases.Where(l => l.ProjectId == project.Id).ExecuteDeleteAsync(cancellationToken);
        await ReadingPlan.ApplyAsync(db, project.Id, cancellationToken);
        await GoldSet.ApplyAsync(db, project, cancellationToken);
    }

    /// <summary>Why the split can no longer be changed, as a sentence; null while it can.</summary>
    private static async Task<string?> WhyFixedAsync(AppDbContext db, int projectId, CancellationToken cancellationToken) =>
        await db.Rounds.AnyAsync(r => r.ProjectId == projectId, cancellationToken) ? "A round was started: what it was tested on stays locked, and so the split stays."
        : await db.LabelEvents.AnyAsync(e => e.ProjectId == projectId, cancellationToken)
            || await db.Answers.AnyAsync(a => a.ProjectId == projectId, cancellationToken)
            ? "Images were read already: what readers have seen cannot be locked for the test, and so the split stays."
        : await db.Images.AnyAsync(i => i.ProjectId == projectId && i.ReadingsAsked > 0, cancellationToken)
            || await db.ReferenceDoubts.AnyAsync(d => d.ProjectId == projectId, cancellationToken)
            ? "Images came with two classes and wait for people to decide about them: the split stays."
        : await IsImportingAsync(db, projectId, cancellationToken) ? "An import is under way; split anew once it has ended."
        : null;

    private static Task<bool> IsImportingAsync(AppDbContext db, int projectId, CancellationToken cancellationToken) =>
        db.Imports.AnyAsync(i => i.ProjectId == projectId && DatasetImport.ActiveStates.Contains(i.State), cancellationToken);

    /// <summary>
    /// The images by patient and class, and each patient's split. Gold images are of the training's patients; a patient whose name an earlier version of the
    /// program wrote otherwise is one.
    /// </summary>
    private static async Task<(List<SplitItem> Items, Dictionary<string, DataSplit> Splits)> ReadAsync(
        AppDbContext db, int projectId, CancellationToken cancellationToken)
    {
        var groups = await db.Images.Where(i => i.ProjectId == projectId).GroupBy(i => new { i.Patient, i.ReferenceClass, i.Split })
            .Select(g => new { g.Key.Patient, g.Key.ReferenceClass, g.Key.Split, Count = g.Count() }).ToListAsync(cancellationToken);
        return (
            groups.ConvertAll(g => new SplitItem(TextRule.Clean(g.Patient), g.ReferenceClass, g.Count)),
            groups.DistinctBy(g => TextRule.Clean(g.Patient)).ToDictionary(
                g => TextRule.Clean(g.Patient), g => g.Split == DataSplit.Gold ? DataSplit.Training : g.Split, StringComparer.Ordinal));
    }
}
