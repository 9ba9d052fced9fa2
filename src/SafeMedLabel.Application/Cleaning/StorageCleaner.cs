using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Live;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Cleaning;

/// <summary>
/// Takes files out of a storage that nobody needs: those that a killed process or a failed job left. It runs beside whatever runs. What it takes out is
/// decided by the database; where a file comes before its row, also by its age; and of content as <see cref="ContentSweep"/> tells. Files of
/// kinds that it does not know stay.
/// </summary>
public sealed class StorageCleaner(
    IDbContextFactory<AppDbContext> contexts, StorageOptions storage, ContentSweep sweep, TimeProvider time, ILogger<StorageCleaner> logger)
{
    /// <summary>What is younger may be needed in a moment.</summary>
    public static readonly TimeSpan Settled = TimeSpan.FromHours(1);

    /// <summary>How long archives wait that came in part, for their senders to go on with them.</summary>
    public static readonly TimeSpan KeptParts = TimeSpan.FromDays(7);

    /// <summary>How long archives wait of which no import tells.</summary>
    public static readonly TimeSpan KeptArchives = TimeSpan.FromDays(1);

    private static readonly string[] ModelEndings = [".safetensors", ".json", ".checkpoint"];

    private const string Pixels = "training pixels";
    private const string Features = "features";
    private const string Models = "checkpoints and models";
    private const string Unfinished = "unfinished files";

    /// <summary>Cleans the storage once.</summary>
    /// <param name="isDryRun">True where it is only to be said what would be taken out.</param>
    /// <param name="cancellationToken">Stops between two files.</param>
    public async Task<CleaningReport> CleanAsync(bool isDryRun = false, CancellationToken cancellationToken = default)
    {
        var cleaning = new Cleaning(isDryRun);
        var isHeld = await CleanContentAsync(cleaning, cancellationToken);
        await CleanProjectsAsync(cleaning, cancellationToken);
        await CleanUploadsAsync(cleaning, cancellationToken);
        await CleanPatchesAsync(cleaning, cancellationToken);
        await CleanExportsAsync(cleaning, cancellationToken);
        await CleanTilesAsync(cleaning, cancellationToken);
        var report = new CleaningReport(cleaning.Counts, isHeld);
        foreach (var count in isDryRun ? [] : report.Counts)
        {
            logger.LogInformation("Cleaning took out {Files} files of {Bytes} bytes: {Kind}.", count.Files, count.Bytes, count.Kind);
        }

        return report;
    }

    private DateTime Before(TimeSpan age) => time.GetUtcNow().UtcDateTime - age;

    private async Task<bool> CleanContentAsync(Cleaning cleaning, CancellationToken cancellationToken)
    {
        var named = await NamedContentAsync(cancellationToken);
        var old = Before(Settled);
        var unnamed = new List<string>();
        foreach (var file in Below(storage.ContentFolder, SearchOption.AllDirectories))
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (IsUnfinished(file, old))
            {
                cleaning.Remove(Unfinished, file);
            }
            else if (ContentStore.IsHash(file.Name) && file.LastWriteTimeUtc < old && !named.Contains(ContentStore.KeyOf(file.Name)))
            {
                unnamed.Add(file.Name);
            }
        }

        var swept = await sweep.RemoveAsync(unnamed, cleaning.IsDryRun, cancellationToken);
        cleaning.Count("content", swept.Files, swept.Bytes);
        return swept.IsHeld;
    }

    /// <summary>Half of each hash is enough to know which files are worth to be asked about.</summary>
    private async Task<HashSet<UInt128>> NamedContentAsync(CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var named = new HashSet<UInt128>();
        await foreach (var hash in db.Images.Select(i => i.ContentHash).AsAsyncEnumerable().WithCancellation(cancellationToken))
        {
            named.Add(ContentStore.KeyOf(hash));
        }

        return named;
    }

    private async Task CleanProjectsAsync(Cleaning cleaning, CancellationToken cancellationToken)
    {
        List<int> projects;
        await using (var db = await contexts.CreateDbContextAsync(cancellationToken))
        {
            projects = await db.Projects.Select(p => p.Id).ToListAsync(cancellationToken);
        }

        foreach (var project in projects.Where(p => Directory.Exists(storage.ProjectFolder(p))))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            // While the lock for writing is held, no round can be queued, which would need these files.
            await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            if (await db.Rounds.AnyAsync(r => r.ProjectId == project && RoundStates.Active.Contains(r.State), cancellationToken)
                || await db.LabelAudits.AnyAsync(a => a.ProjectId == project && LabelAudit.ActiveStates.Contains(a.State), cancellationToken))
            {
                continue;
            }

            await CleanProjectAsync(cleaning, db, project, cancellationToken);
        }
    }

    private async Task CleanProjectAsync(Cleaning cleaning, AppDbContext db, int project, CancellationToken cancellationToken)
    {
        var models = await db.Rounds.Where(r => r.ProjectId == project && r.ModelFile != null).Select(r => r.ModelFile!).ToListAsync(cancellationToken);
        HashSet<string> kept = [.. models, .. models.Select(m => Path.ChangeExtension(m, ".json"))];
        var isRankedBetweenRounds = (await db.Projects.AsNoTracking().FirstAsync(p => p.Id == project, cancellationToken)).IsRankedBetweenRounds;
        string? pixels = null;
        foreach (var file in Below(storage.ProjectFolder(project)))
        {
            if (IsUnfinished(file, Before(Settled)))
            {
                cleaning.Remove(Unfinished, file);
            }
            else if (file.Name.StartsWith("pixels-", StringComparison.Ordinal) && file.Extension == ".rgb")
            {
                pixels ??= RoundDataReader.PixelHash(
                    await db.Images.Where(i => i.ProjectId == project).OrderBy(i => i.ContentHash).Select(i => i.ContentHash).ToListAsync(cancellationToken));
                if (!file.Name.EndsWith($"-{pixels}.rgb", StringComparison.Ordinal))
                {
                    cleaning.Remove(Pixels, file);
                }
            }
            else if (file.Name.StartsWith(FeatureFile.Prefix, StringComparison.Ordinal) && !isRankedBetweenRounds)
            {
                cleaning.Remove(Features, file);
            }
            else if (file.Name.StartsWith("round-", StringComparison.Ordinal) && ModelEndings.Contains(file.Extension) && !kept.Contains(file.Name))
            {
                cleaning.Remove(Models, file);
            }
        }

        foreach (var folder in Directory.EnumerateDirectories(storage.ProjectFolder(project), $"{LabelAuditRunner.FolderPrefix}*").ToList())
        {
            cleaning.RemoveFolder(Models, folder);
        }
    }

    private async Task CleanUploadsAsync(Cleaning cleaning, CancellationToken cancellationToken)
    {
        // Before the rows: what has a row by now is found there.
        var files = Below(storage.UploadFolder).ToList();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var sources = await db.Imports.Where(i => i.IsUpload && (DatasetImport.ActiveStates.Contains(i.State) || i.State == ImportState.Planned))
            .Select(i => i.SourcePath).ToListAsync(cancellationToken);
        foreach (var file in files)
        {
            var isPart = file.Name.Contains(".part", StringComparison.Ordinal);
            var isNeeded = sources.Exists(s => file.FullName.StartsWith(s, StringComparison.Ordinal));
            if (!isNeeded && file.LastWriteTimeUtc < Before(isPart ? KeptParts : KeptArchives))
            {
                cleaning.Remove("uploads", file);
            }
        }
    }

    private async Task CleanPatchesAsync(Cleaning cleaning, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(storage.PatchFolder))
        {
            return;
        }

        // Before the rows: an import has its row before it has its folder.
        var folders = Directory.EnumerateDirectories(storage.PatchFolder).ToList();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var waiting = db.Imports.AsNoTracking().Where(i => DatasetImport.ActiveStates.Contains(i.State) || i.State == ImportState.Planned);
        var needed = (await waiting.ToListAsync(cancellationToken)).Select(i => i.PatchFolder(storage)).ToHashSet(StringComparer.Ordinal);
        foreach (var folder in folders.Where(f => !needed.Contains(f)))
        {
            cleaning.RemoveFolder("patches", folder);
        }
    }

    private async Task CleanExportsAsync(Cleaning cleaning, CancellationToken cancellationToken)
    {
        // Before the rows: an export has its row before it has its file.
        var files = Below(storage.ExportFolder).ToList();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var exports = await db.Exports.AsNoTracking().ToListAsync(cancellationToken);
        var needed = exports.Where(e => e.State == ExportState.Completed || DataExport.ActiveStates.Contains(e.State)).Select(e => e.FileName).ToHashSet();
        foreach (var file in files.Where(f => !needed.Contains(f.Name) && f.LastWriteTimeUtc < Before(Settled) && !IsOpen(f)))
        {
            cleaning.Remove("exports", file);
        }
    }

    private async Task CleanTilesAsync(Cleaning cleaning, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(storage.TileFolder))
        {
            return;
        }

        foreach (var folder in new DirectoryInfo(storage.TileFolder).EnumerateDirectories().Where(d => d.LastWriteTimeUtc < Before(Settled)).ToList())
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var isNeeded = ContentStore.IsHash(folder.Name)
                && await db.Projects.AnyAsync(p => db.Images.Any(i => i.ProjectId == p.Id && i.ContentHash == folder.Name), cancellationToken);
            if (!isNeeded)
            {
                cleaning.RemoveFolder("tiles", folder.FullName);
            }
        }
    }

    private static IEnumerable<FileInfo> Below(string folder, SearchOption depth = SearchOption.TopDirectoryOnly) =>
        Directory.Exists(folder) ? new DirectoryInfo(folder).EnumerateFiles("*", depth) : [];

    private static bool IsUnfinished(FileInfo file, DateTime old) => file.Extension == ".tmp" && file.LastWriteTimeUtc < old && !IsOpen(file);

    /// <summary>Whether somebody has the file open, here or in another process.</summary>
    private static bool IsOpen(FileInfo file)
    {
        try
        {
            using var alone = new FileStream(file.FullName, FileMode.Open, FileAccess.ReadWrite, FileShare.None, bufferSize: 1);
            return false;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return true;
        }
    }

    /// <summary>Deletes and counts.</summary>
    private sealed class Cleaning(bool isDryRun)
    {
        private readonly SortedDictionary<string, (int Files, long Bytes)> _counts = new(StringComparer.Ordinal);

        public bool IsDryRun => isDryRun;

        public IReadOnlyList<CleaningCount> Counts => [.. _counts.Select(c => new CleaningCount(c.Key, c.Value.Files, c.Value.Bytes))];

        public void Count(string kind, int files, long bytes)
        {
            if (files > 0)
            {
                var before = _counts.GetValueOrDefault(kind);
                _counts[kind] = (before.Files + files, before.Bytes + bytes);
            }
        }

        public void Remove(string kind, FileInfo file) => Try(() =>
        {
            var bytes = file.Length;
            if (!isDryRun)
            {
                file.Delete();
            }

            Count(kind, 1, bytes);
        });

        public void RemoveFolder(string kind, string folder) => Try(() =>
        {
            var files = new DirectoryInfo(folder).EnumerateFiles("*", SearchOption.AllDirectories).Select(f => f.Length).ToList();
            if (!isDryRun)
            {
                Directory.Delete(folder, recursive: true);
            }

            Count(kind, files.Count, files.Sum());
        });

        /// <summary>What is gone meanwhile, or cannot be deleted, is no reason to leave the rest.</summary>
        private static void Try(Action remove)
        {
            try
            {
                remove();
            }
            catch (Exception left) when (left is IOException or UnauthorizedAccessException)
            {
                // The next cleaning tries again.
            }
        }
    }
}
