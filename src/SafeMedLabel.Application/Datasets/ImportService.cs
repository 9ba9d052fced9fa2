using System.Diagnostics.CodeAnalysis;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Datasets.Patches;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Requests;

namespace SafeMedLabel.Application.Datasets;

/// <summary>What an admin asks for.</summary>
/// <param name="ProjectId">The project to import into.</param>
/// <param name="SourcePath">Folder or archive on the server.</param>
/// <param name="SourceName">The name a person knows it by.</param>
/// <param name="IsUpload">True when the source may be deleted after the import.</param>
/// <param name="PatientPattern">Regular expression with a group 'patient'.</param>
/// <param name="RequestedById">Who asks.</param>
/// <param name="Site">Where the images were taken; null or empty where nobody says.</param>
public sealed record ImportRequest(int ProjectId, string SourcePath, string SourceName, bool IsUpload, string PatientPattern, string RequestedById, string? Site = null)
{
    /// <summary>True where it is only to be said what would go in.</summary>
    public bool IsDryRun { get; init; }

    /// <summary>Pixels a side of the patches that larger pictures are to be cut into; null where all go in as they are.</summary>
    public int? PatchSize { get; init; }

    /// <summary>Where the archive is to be fetched from; null where it lies on the server.</summary>
    public string? Address { get; init; }

    /// <summary>What its SHA-256 must be, 64 hex digits; null where nobody knows.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Made by a client once for the request, and sent again unchanged on a retry; null where it has none, and starts each time.</summary>
    public Guid? ClientKey { get; init; }

    /// <summary>The uploaded file; null where the source is none.</summary>
    public UploadedFile? Upload { get; init; }

    /// <summary>The request as its key belongs to it; null where it has none. An uploaded archive lies elsewhere each time, and is known by the file it was.</summary>
    internal KeyedRequest? Keyed => ClientKey is { } key
        ? new(key, RequestedById, ProjectId, RequestKind.Import, Upload?.PartName ?? Address ?? SourcePath, PatientPattern, Site, IsDryRun, PatchSize, Sha256) : null;

    /// <summary>A request for what lies on the server, or at an address, under the name that it has there.</summary>
    public static ImportRequest Of(int projectId, string pathOrAddress, string patientPattern, string requestedById, string? site) =>
        IsAddress(pathOrAddress, out var address)
            ? new(projectId, "", address.Segments[^1] is var name and not "/" ? Uri.UnescapeDataString(name) : address.Host, IsUpload: true, patientPattern, requestedById, site) { Address = pathOrAddress }
            : new(projectId, pathOrAddress, Path.GetFileName(Path.TrimEndingDirectorySeparator(pathOrAddress)), IsUpload: false, patientPattern, requestedById, site);

    /// <summary>Whether something is an address rather than a path.</summary>
    public static bool IsAddress(string pathOrAddress, [NotNullWhen(true)] out Uri? address) =>
        Uri.TryCreate(pathOrAddress, UriKind.Absolute, out address) && (address.Scheme == Uri.UriSchemeHttps || address.Scheme == Uri.UriSchemeHttp);

    /// <summary>What is wrong with the address or its hash, as a sentence; null where nothing is.</summary>
    internal string? AddressProblem(OutboundGuard outbound) => this switch
    {
        { Address: null, Sha256: null } => null,
        { Address: null } => "A SHA-256 is for what is fetched from an address.",
        { Address.Length: > DatasetImport.MaxAddress } => $"An address has at most {DatasetImport.MaxAddress} characters.",
        { Sha256: { } hash } when !ContentStore.IsHash(hash) => "A SHA-256 has 64 hex digits.",
        { Address: { } place } => IsAddress(place, out var address) ? outbound.Problem(address) : "An address begins with http:// or https://.",
        _ => null,
    };
}

/// <summary>Starts and shows imports. The work itself is the worker's.</summary>
public sealed class ImportService(IDbContextFactory<AppDbContext> contexts, JobScheduler jobs, StaleDryRuns staleDryRuns, OutboundGuard outbound, StorageOptions storage, TimeProvider time)
{
    /// <summary>The most issues shown of one import.</summary>
    public const int MaximumIssues = 1000;

    /// <summary>The most names in a preview.</summary>
    public const int MaximumPreviewed = 12;

    private const string Busy = "An import into this project is already waiting or running.";

    /// <summary>The pattern that fits the names of the NIH malaria set.</summary>
    public static string DefaultPatientPattern => PatientPattern.Default.ToString();

    /// <summary>Queues an import and returns its key.</summary>
    public async Task<Result<int>> StartAsync(ImportRequest request, CancellationToken cancellationToken = default)
    {
        var entered = await EnterAsync(request, ImportState.Queued, cancellationToken);
        if (entered.Succeeded)
        {
            await jobs.ScheduleImportAsync(entered.Value, cancellationToken);
        }

        return entered;
    }

    /// <summary>Writes an import down as running and returns its key. Who calls this runs it; where they die, the next worker does.</summary>
    public Task<Result<int>> EnterAsync(ImportRequest request, CancellationToken cancellationToken = default) => EnterAsync(request, ImportState.Running, cancellationToken);

    /// <summary>What came of a request that was sent before, or that its key is another's; null where it is new.</summary>
    internal async Task<Result<int>?> DoneAsync(ImportRequest request, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return request.Keyed is { } asked ? await Once.DoneAsync(db, asked) : null;
    }

    private async Task<Result<int>> EnterAsync(ImportRequest request, ImportState state, CancellationToken cancellationToken)
    {
        if (await DoneAsync(request, cancellationToken) is { } before)
        {
            return before;
        }

        var asked = request.Keyed;
        request = request with { Sha256 = string.IsNullOrWhiteSpace(request.Sha256) ? null : request.Sha256.Trim().ToLowerInvariant() };
        if (request.AddressProblem(outbound) is { } unfit)
        {
            return Result.Refused(unfit);
        }

        if ((request.Address is null ? Problem(request.SourcePath, request.PatientPattern) : PatientPattern.Problem(request.PatientPattern)) is { } problem)
        {
            return Result.Refused(problem);
        }

        var site = TextRule.Clean(request.Site ?? "");
        if (site.Length > 0 && DatasetImport.SiteRule.Problem(site) is { } unfitSite)
        {
            return Result.Refused(unfitSite);
        }

        if (request.PatchSize is < PatchCutter.MinSize or > PatchCutter.MaxSize)
        {
            return Result.Refused($"A patch has {PatchCutter.MinSize} to {PatchCutter.MaxSize} pixels a side.");
        }

        DatasetImport? import = null;
        var entered = await contexts.ChangeAsync(
            db => Once.DoAsync(
                db,
                asked,
                time.GetUtcNow().UtcDateTime,
                async () =>
                {
                    if (await ActorRight.InProjectAsync(db, request.ProjectId, Roles.Admin, request.RequestedById) is { Succeeded: false } denied)
                    {
                        return denied;
                    }

                    if (!await db.Projects.AnyAsync(p => p.Id == request.ProjectId, cancellationToken))
                    {
                        return Result.Refused("This project no longer exists.");
                    }

                    if (await IsBusyAsync(db, request.ProjectId, cancellationToken))
                    {
                        return Result.Refused(Busy);
                    }

                    import = new DatasetImport
                    {
                        ProjectId = request.ProjectId,
                        State = state,
                        SourcePath = request.Address is null ? Path.GetFullPath(request.SourcePath) : NewFetchedPath(),
                        SourceName = TextRule.Shown(request.SourceName, DatasetImport.MaxSourceName),
                        Address = request.Address,
                        Sha256 = request.Sha256,
                        Site = site.Length == 0 ? null : site,
                        IsUpload = request.IsUpload,
                        IsDryRun = request.IsDryRun,
                        PatchSize = request.PatchSize,
                        PatientPattern = request.PatientPattern,
                        RequestedById = request.RequestedById,
                        RequestedUtc = time.GetUtcNow().UtcDateTime,
                    };
                    db.Imports.Add(import);
                    await db.SaveChangesAsync(cancellationToken);
                    return import.Id;
                }),
            cancellationToken);
        if (entered.Succeeded && import is not null)
        {
            await staleDryRuns.DropReplacedAsync(import, cancellationToken);
        }

        return entered;
    }

    /// <summary>Lets in what a dry run has looked at.</summary>
    public async Task<Result> CarryOutAsync(int importId, CancellationToken cancellationToken = default)
    {
        var queued = await contexts.ChangeAsync(
            async db =>
            {
                if (await db.Imports.AsNoTracking().FirstOrDefaultAsync(i => i.Id == importId && i.State == ImportState.Planned, cancellationToken) is not { } import)
                {
                    return Result.Refused("This dry run no longer waits for a decision.");
                }

                if (await ActorRight.InProjectAsync(db, import.ProjectId, Roles.Admin) is { Succeeded: false } denied)
                {
                    return denied;
                }

                if (await IsBusyAsync(db, import.ProjectId, cancellationToken))
                {
                    return Result.Refused(Busy);
                }

                await db.Imports.Where(i => i.Id == importId).ExecuteUpdateAsync(
                    set => set.SetProperty(i => i.IsDryRun, false).SetProperty(i => i.State, ImportState.Queued)
                        .SetProperty(i => i.Tries, 0).SetProperty(i => i.FinishedUtc, (DateTime?)null),
                    cancellationToken);
                db.AuditEntries.Add(AuditDescription.Entry(AuditAction.ImportCarriedOut, import.ProjectId, AuditDescription.Import(importId)));
                return Result.Done;
            },
            cancellationToken);
        if (queued.Succeeded)
        {
            await jobs.ScheduleImportAsync(importId, cancellationToken);
        }

        return queued;
    }

    /// <summary>Asks the worker to stop an import, of which then nothing stays; one that still waits, and a dry run, are dropped at once.</summary>
    public async Task<Result> CancelAsync(int importId, CancellationToken cancellationToken = default)
    {
        var cancelled = await contexts.ChangeAsync<Result<DatasetImport>>(
            async db =>
            {
                if (await ActorRight.OfAccountAsync(db, Roles.Admin) is { Succeeded: false } denied)
                {
                    return denied;
                }

                var asked = await db.Imports.Where(i => i.Id == importId && (DatasetImport.ActiveStates.Contains(i.State) || i.State == ImportState.Planned))
                    .ExecuteUpdateAsync(set => set.SetProperty(i => i.CancelRequested, true), cancellationToken);
                if (asked == 0)
                {
                    return Result.Refused("This import has already ended.");
                }

                var now = time.GetUtcNow().UtcDateTime;
                await db.Imports.Where(i => i.Id == importId && i.State != ImportState.Running)
                    .ExecuteUpdateAsync(set => set.SetProperty(i => i.State, ImportState.Cancelled).SetProperty(i => i.FinishedUtc, now), cancellationToken);
                var import = await db.Imports.AsNoTracking().FirstAsync(i => i.Id == importId, cancellationToken);
                db.AuditEntries.Add(AuditDescription.Entry(AuditAction.ImportCancelled, import.ProjectId, AuditDescription.Import(importId)));
                return import;
            },
            cancellationToken);
        if (cancelled is { Succeeded: true, Value: { State: ImportState.Cancelled } dropped })
        {
            dropped.DeleteFiles(storage);
        }

        return (Result)cancelled;
    }

    /// <summary>
    /// What a pattern finds in the names of a source, before anything is imported: up to <see cref="MaximumPreviewed"/> names, spread over the
    /// source. No picture is read.
    /// </summary>
    public static async Task<Result<PatternPreview>> PreviewAsync(string path, string pattern, CancellationToken cancellationToken = default)
    {
        if (Problem(path, pattern) is { } problem)
        {
            return Result.Refused(problem);
        }

        try
        {
            return await Task.Run(() => PatternPreview.Of(path, new PatientPattern(pattern), MaximumPreviewed), cancellationToken);
        }
        catch (DatasetException refused)
        {
            return Result.Refused(refused.Message);
        }
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

    /// <summary>Files that an import rejected or found in conflict, by path; at most <see cref="MaximumIssues"/>.</summary>
    public async Task<IReadOnlyList<ImportIssue>> IssuesAsync(int importId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.ImportIssues.AsNoTracking().Where(i => i.ImportId == importId).OrderBy(i => i.Path).Take(MaximumIssues).ToListAsync(cancellationToken);
    }

    /// <summary>Another for each import: what one of them fetched, no other takes for its own.</summary>
    private string NewFetchedPath() => Path.Combine(storage.UploadFolder, $"{Guid.NewGuid():n}.zip");

    private static string? Problem(string path, string pattern) =>
        RegularFile.IsOther(path) ? $"What lies there is no folder or zip. {RegularFile.Refusal}"
        : Path.Exists(path) ? PatientPattern.Problem(pattern) : "There is no such folder or file on the server.";

    private static Task<bool> IsBusyAsync(AppDbContext db, int projectId, CancellationToken cancellationToken) =>
        db.Imports.AnyAsync(i => i.ProjectId == projectId && DatasetImport.ActiveStates.Contains(i.State), cancellationToken);
}
