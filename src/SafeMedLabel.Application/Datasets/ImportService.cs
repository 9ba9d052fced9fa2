using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Datasets;

/// <summary>What an admin asks for.</summary>
/// <param name="ProjectId">The project to import into.</param>
/// <param name="SourcePath">Folder or archive on the server.</param>
/// <param name="SourceName">The name a person knows it by.</param>
/// <param name="IsUpload">True when the source may be deleted after the import.</param>
/// <param name="PatientPattern">Regular expression with a group 'patient'.</param>
/// <param name="RequestedById">Who asks.</param>
/// <param name="Site">Where the images were taken; null or empty where nobody says.</param>
public sealed record ImportRequest(int ProjectId, string SourcePath, string SourceName, bool IsUpload, string PatientPattern, string RequestedById, string? Site = null);

/// <summary>Starts and shows imports. The work itself is the worker's.</summary>
public sealed class ImportService(IDbContextFactory<AppDbContext> contexts, JobScheduler jobs, TimeProvider time)
{
    /// <summary>The most issues shown of one import.</summary>
    public const int MaximumIssues = 1000;

    /// <summary>The pattern that fits the names of the NIH malaria set.</summary>
    public static string DefaultPatientPattern => PatientPattern.Default.ToString();

    /// <summary>Queues an import and returns its key.</summary>
    public async Task<Result<int>> StartAsync(ImportRequest request, CancellationToken cancellationToken = default)
    {
        if (!Path.Exists(request.SourcePath))
        {
            return Result.Refused("There is no such folder or file on the server.");
        }

        if (PatientPattern.Problem(request.PatientPattern) is { } problem)
        {
            return Result.Refused(problem);
        }

        var site = request.Site?.Trim();
        if (site?.Length > DatasetImport.MaxSite)
        {
            return Result.Refused($"A site's name has at most {DatasetImport.MaxSite} characters.");
        }

        DatasetImport import;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            if (!await db.Projects.AnyAsync(p => p.Id == request.ProjectId, cancellationToken))
            {
                return Result.Refused("This project no longer exists.");
            }

            if (await db.Imports.AnyAsync(i => i.ProjectId == request.ProjectId && (i.State == ImportState.Queued || i.State == ImportState.Running), cancellationToken))
            {
                return Result.Refused("An import into this project is already waiting or running.");
            }

            import = new DatasetImport
            {
                ProjectId = request.ProjectId,
                SourcePath = Path.GetFullPath(request.SourcePath),
                SourceName = request.SourceName,
                Site = string.IsNullOrEmpty(site) ? null : site,
                IsUpload = request.IsUpload,
                PatientPattern = request.PatientPattern,
                RequestedById = request.RequestedById,
                RequestedUtc = time.GetUtcNow().UtcDateTime,
            };
            db.Imports.Add(import);
            await db.SaveChangesAsync(cancellationToken);
        }

        await jobs.ScheduleImportAsync(import.Id, cancellationToken);
        return import.Id;
    }

    /// <summary>A project's imports, the newest first.</summary>
    public async Task<IReadOnlyList<DatasetImport>> ListAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Imports.AsNoTracking().Where(i => i.ProjectId == projectId).OrderByDescending(i => i.Id).ToListAsync(cancellationToken);
    }

    /// <summary>An import; null where there is none.</summary>
    public async Task<DatasetImport?> GetAsync(int importId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Imports.AsNoTracking().FirstOrDefaultAsync(i => i.Id == importId, cancellationToken);
    }

    /// <summary>Files that an import rejected, by path; at most <see cref="MaximumIssues"/>.</summary>
    public async Task<IReadOnlyList<ImportIssue>> IssuesAsync(int importId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.ImportIssues.AsNoTracking().Where(i => i.ImportId == importId).OrderBy(i => i.Path).Take(MaximumIssues).ToListAsync(cancellationToken);
    }
}
