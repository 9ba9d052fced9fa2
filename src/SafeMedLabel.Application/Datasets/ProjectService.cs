using System.Globalization;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Makes, shows and sets up projects.</summary>
public sealed class ProjectService(IDbContextFactory<AppDbContext> contexts, StorageOptions storage, TimeProvider time)
{
    /// <summary>The projects that a person sees by name, each with its counts.</summary>
    public async Task<IReadOnlyList<ProjectSummary>> ListAsync(string userId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var projects = await Permission.ProjectsOf(db, userId).AsNoTracking().OrderBy(p => p.Name).ToListAsync(cancellationToken);
        var images = await db.Images.GroupBy(i => i.ProjectId)
            .Select(g => new { g.Key, All = g.Count(), Pool = g.Count(i => i.Split == DataSplit.Training), Patients = g.Select(i => i.Patient).Distinct().Count() })
            .ToDictionaryAsync(g => g.Key, cancellationToken);
        var gold = db.Images.Where(i => i.Split == DataSplit.Gold).Select(i => i.Id);
        var labelled = await db.Answers.Where(a => a.Kind == AnswerKind.Label && !gold.Contains(a.ImageId)).GroupBy(a => a.ProjectId)
            .Select(g => new { g.Key, Count = g.Select(a => a.ImageId).Distinct().Count() }).ToDictionaryAsync(g => g.Key, g => g.Count, cancellationToken);
        var rounds = await db.Rounds.AsNoTracking().ToListAsync(cancellationToken);

        return [.. projects.Select(project =>
        {
            var counts = images.GetValueOrDefault(project.Id);
            var own = rounds.Where(r => r.ProjectId == project.Id).OrderByDescending(r => r.Number).ToList();
            return new ProjectSummary(
                project.Id,
                project.Name,
                project.IsSynthetic,
                counts?.All ?? 0,
                counts?.Patients ?? 0,
                counts?.Pool ?? 0,
                labelled.GetValueOrDefault(project.Id),
                own.Find(r => r.State == RoundState.Completed),
                own.Find(r => r.State.IsActive()));
        })];
    }

    /// <summary>A project with its classes in key order; null where there is none.</summary>
    public async Task<Project?> GetAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Projects.AsNoTracking().Include(p => p.Classes.OrderBy(c => c.Index)).FirstOrDefaultAsync(p => p.Id == id, cancellationToken);
    }

    /// <summary>Images and patients of each split.</summary>
    public async Task<IReadOnlyList<SplitCount>> SplitsAsync(int id, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var counts = await db.Images.Where(i => i.ProjectId == id).GroupBy(i => i.Split)
            .Select(g => new { g.Key, Images = g.Count(), Patients = g.Select(i => i.Patient).Distinct().Count() }).ToListAsync(cancellationToken);
        return [.. counts.Select(c => new SplitCount(c.Key, c.Images, c.Patients)).OrderBy(c => c.Split)];
    }

    /// <summary>The key of the project of a name or, where none is called so, of a number; null where there is neither.</summary>
    public async Task<int?> FindAsync(string nameOrNumber, CancellationToken cancellationToken = default)
    {
        var name = TextRule.Clean(nameOrNumber);
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Projects.Where(p => p.Name == name).Select(p => (int?)p.Id).FirstOrDefaultAsync(cancellationToken)
            ?? (int.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) && await db.Projects.AnyAsync(p => p.Id == id, cancellationToken) ? id : null);
    }

    /// <summary>Makes an empty project and returns its key.</summary>
    public async Task<Result<int>> CreateAsync(string name, string question, CancellationToken cancellationToken = default)
    {
        var (named, asked) = (Project.NameRule.Check(name), Project.QuestionRule.Check(string.IsNullOrWhiteSpace(question) ? Project.UsualQuestion : question));
        if (named.Error is not null || asked.Error is not null)
        {
            return Result.Refused(named.Error ?? asked.Error!);
        }

        return await contexts.ChangeAsync<Result<int>>(
            async db =>
            {
                if (await ActorRight.OfAccountAsync(db, Roles.Admin) is { Succeeded: false } denied)
                {
                    return denied;
                }

                if (await db.Projects.AnyAsync(p => p.Name == named.Value, cancellationToken))
                {
                    return Result.Refused($"There is already a project called '{named.Value}'.");
                }

                var project = new Project { Name = named.Value!, Question = asked.Value!, CreatedUtc = time.GetUtcNow().UtcDateTime };
                db.Projects.Add(project);
                await db.SaveChangesAsync(cancellationToken);
                return project.Id;
            },
            cancellationToken);
    }

    /// <summary>
    /// Changes a project's settings, unless somebody else did since <paramref name="version"/>. Refused with a sentence where one is out of its range, or
    /// where the file of weights that rounds are to begin with is not there.
    /// </summary>
    public async Task<Result> UpdateAsync(int id, ProjectSettings settings, Guid version, CancellationToken cancellationToken = default)
    {
        if (settings.Problem() is { } problem)
        {
            return Result.Refused(problem);
        }

        try
        {
            return await contexts.ChangeAsync(
                async db =>
                {
                    if (await ActorRight.InProjectAsync(db, id, Roles.Lead) is { Succeeded: false } denied)
                    {
                        return denied;
                    }

                    var project = await db.Projects.FirstOrDefaultAsync(p => p.Id == id, cancellationToken);
                    if (project is null)
                    {
                        return Result.Refused("This project no longer exists.");
                    }

                    var name = TextRule.Clean(settings.Name);
                    if (await db.Projects.AnyAsync(p => p.Id != id && p.Name == name, cancellationToken))
                    {
                        return Result.Refused($"There is already a project called '{name}'.");
                    }

                    if (settings.Beginning == Beginning.File && settings.BeginningFile != project.BeginningFile && WeightsFiles.Problem(storage, settings.BeginningFile) is { } unusable)
                    {
                        return Result.Refused(unusable);
                    }

                    db.Entry(project).Property(p => p.Version).OriginalValue = version;
                    project.Name = name;
                    project.Question = TextRule.Clean(settings.Question);
                    project.ImageSize = settings.ImageSize;
                    project.Epochs = settings.Epochs;
                    project.Beginning = settings.Beginning;
                    project.BeginningFile = settings.Beginning == Beginning.File ? settings.BeginningFile : null;
                    project.SilentFailureThreshold = settings.SilentFailureThreshold;
                    project.Acquisition = settings.Acquisition;
                    project.RerankAfterLabels = settings.RerankAfterLabels;
                    project.RetrainAfterLabels = settings.RetrainAfterLabels;
                    project.RetrainAtHour = settings.RetrainAtHour;
                    project.LeaseMinutes = settings.LeaseMinutes;
                    project.MicrometresPerPixel = settings.MicrometresPerPixel;
                    var replan = (project.ReadingsPerImage, project.SecondReadingFraction) != (settings.ReadingsPerImage, settings.SecondReadingFraction);
                    project.ReadingsPerImage = settings.ReadingsPerImage;
                    project.SecondReadingFraction = settings.SecondReadingFraction;
                    project.AuditFraction = settings.AuditFraction;
                    var redraw = project.GoldImages != settings.GoldImages;
                    project.GoldImages = settings.GoldImages;
                    project.GoldFraction = settings.GoldFraction;
                    project.Consensus = settings.Consensus;
                    project.GridAllowed = settings.GridAllowed;
                    project.RevealAllowed = settings.RevealAllowed;
                    project.LargestSilentFailureRate = settings.LargestSilentFailureRate;
                    project.SmallestSensitivity = settings.SmallestSensitivity;
                    project.SmallestCoverage = settings.SmallestCoverage;
                    project.GateMargin = settings.GateMargin;
                    project.CertifiedRate = settings.CertifiedRate;
                    project.CertifiedDoubt = settings.CertifiedDoubt;
                    await db.SaveChangesAsync(cancellationToken);
                    if (replan)
                    {
                        await ReadingPlan.ApplyAsync(db, id, cancellationToken);
                    }

                    return redraw ? await GoldSet.ApplyAsync(db, project, cancellationToken) : Result.Done;
                },
                cancellationToken);
        }
        catch (DbUpdateConcurrencyException)
        {
            return Result.Refused("Somebody else changed these settings meanwhile; reload the page to see theirs.");
        }
    }
}
