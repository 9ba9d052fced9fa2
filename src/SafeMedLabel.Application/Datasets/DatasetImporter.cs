using System.Collections.Concurrent;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Naming;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// Brings a source into a project: bytes to the content store, rows to the database, a reason for every file left out. Batch by
/// batch in short transactions; importing the same again adds only what is missing, so a killed import is simply run again.
/// A dry run reads and decodes all the same, and leaves only its counts and its plan.
/// </summary>
/// <param name="contexts">The database.</param>
/// <param name="store">Where the bytes go.</param>
/// <param name="room">The room that must stay free; null where nobody keeps any.</param>
/// <param name="sweep">Takes content out that was kept and then not entered; null where that is left to the next cleaning.</param>
/// <param name="time">The clock.</param>
public sealed class DatasetImporter(
    IDbContextFactory<AppDbContext> contexts, ContentStore store, StorageRoom? room = null, ContentSweep? sweep = null, TimeProvider? time = null)
{
    /// <summary>Bytes that an image takes in the database and its indices, about.</summary>
    private const long RowBytes = 1024;

    private const string Subject = "The import";

    private const string ChangedMeanwhile = "The file was changed while it was read; import it again.";

    /// <summary>Imports what <paramref name="import"/> names; its row follows.</summary>
    /// <exception cref="DatasetException">
    /// The source cannot be read, its classes are not the project's, or its manifest parts a patient's images.
    /// </exception>
    public Task ImportAsync(DatasetImport import, CancellationToken cancellationToken = default) =>
        ImportAsync(import, import.SourcePath, [], null, null, cancellationToken);

    /// <summary>Imports what was made of what <paramref name="import"/> names.</summary>
    /// <param name="import">The import; its row follows.</param>
    /// <param name="path">Where it lies.</param>
    /// <param name="rejected">Files that were left out when it was made.</param>
    /// <param name="progress">Hears, until the first images go in, how many of how many files are half done: a file is read twice, once to be compared.</param>
    /// <param name="onRead">Hears, on several threads, that something was read; null where nobody listens.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <exception cref="DatasetException">As above.</exception>
    /// <exception cref="StorageFullException">It would leave less room than must stay free.</exception>
    public async Task ImportAsync(
        DatasetImport import,
        string path,
        IReadOnlyList<RejectedFile> rejected,
        Action<int, int>? progress,
        Action? onRead,
        CancellationToken cancellationToken = default)
    {
        using var source = DatasetSource.Open(path, limits: null, store.Folder, onRead, room, cancellationToken);
        source.Refuse(rejected);
        await PrepareAsync(import, source, cancellationToken);
        var classes = await ClassesAsync(import, source, cancellationToken);
        var reader = new DatasetReader(source, new PatientPattern(import.PatientPattern));
        var declared = await DeclaredAsync(import.ProjectId, source, reader, cancellationToken);
        var conflicts = new List<Guid>();
        var planner = new ImportPlanner(source, store);
        import.Total = reader.Total;
        var storing = new Storing(store, room);
        try
        {
            await EnterAsync(import, source, reader, classes, storing, planner, conflicts, progress, cancellationToken);
        }
        catch when (sweep is not null && !storing.IsEmpty)
        {
            await sweep.RemoveAsync(storing.Kept, cancellationToken: CancellationToken.None);
            throw;
        }

        import.Processed = import.Total;
        import.Duplicates = import.Processed - import.Added - import.Rejected;
        if (import.IsDryRun)
        {
            import.Plan = await PlanAsync(import, planner, classes, declared, cancellationToken);
            import.Remarks = [.. source.Remarks, .. await PatientRemarksAsync(import.ProjectId, planner, cancellationToken)];
            import.Readings = source.Readings.Count;
        }
        else
        {
            store.Settle();
            await SettleAsync(import, declared, conflicts, new ReadingImport(import, classes, source.Readings), cancellationToken);
        }
    }

    /// <summary>Enters the images batch by batch, once their content is kept.</summary>
    private async Task EnterAsync(
        DatasetImport import,
        DatasetSource source,
        DatasetReader reader,
        Dictionary<string, int> classes,
        Storing storing,
        ImportPlanner planner,
        List<Guid> conflicts,
        Action<int, int>? progress,
        CancellationToken cancellationToken)
    {
        var isFirst = !import.IsDryRun;
        Func<OpenedFile, Look> look = import.IsDryRun ? file => Look.At(file.Picture) : file => storing.Keep(file, cancellationToken);
        foreach (var (images, unusable, processed) in reader.Batches(look, read => progress?.Invoke(read, reader.Total), cancellationToken))
        {
            if (isFirst)
            {
                // All has been read once and nothing is decoded yet.
                storing.Expect(source.Catalogue.Contents);
                isFirst = false;
            }

            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var hashes = images.Select(i => i.ContentHash).ToList();
            var known = await db.Images.Where(i => i.ProjectId == import.ProjectId && hashes.Contains(i.ContentHash))
                .Select(i => new { i.Id, i.ContentHash, i.ReferenceClass }).ToDictionaryAsync(i => i.ContentHash, cancellationToken);
            var added = new List<ProjectImage>();
            var entering = new List<ReadImage<Look>>();
            foreach (var image in images)
            {
                int? reference = image.ClassIndex is { } index ? classes[source.ClassNames[index]] : null;
                var before = known.GetValueOrDefault(image.ContentHash);
                var row = before is null ? ToRow(import, image, reference) : null;
                if (row is not null)
                {
                    added.Add(row);
                    entering.Add(image);
                    if (import.IsDryRun)
                    {
                        planner.Add(row, image.File);
                    }
                }

                if (Conflict(image, reference, before?.ReferenceClass) is { } conflict)
                {
                    conflicts.Add(row?.Id ?? before!.Id);
                    db.ImportIssues.Add(new ImportIssue { ImportId = import.Id, Path = image.File.Path, Reason = conflict, IsConflict = true });
                }
            }

            await using var transaction = await BeginAsync(db, import.IsDryRun ? [] : entering, cancellationToken);
            if (!import.IsDryRun)
            {
                await using var rows = new RowWriter<ProjectImage>(db);
                foreach (var row in added)
                {
                    await rows.WriteAsync(row, cancellationToken);
                }
            }

            db.ImportIssues.AddRange(unusable.Select(r => new ImportIssue { ImportId = import.Id, Path = r.Path, Reason = r.Reason }));
            import.Processed = (reader.Total + processed) / 2;
            import.Added += added.Count;
            // It gets further than before: whatever ended its worker then, it was nothing in it.
            import.Tries = added.Count > 0 && !import.IsDryRun ? 0 : import.Tries;
            import.Rejected += unusable.Count;
            import.Conflicts = conflicts.Count;
            import.WithoutPatient += added.Count(i => i.Patient == PatientPattern.Unknown);
            db.Imports.Update(import);
            await db.SaveChangesAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            storing.Entered();
        }
    }

    /// <summary>
    /// Begins the transaction that enters images, and sees in it that their content is there: what was kept and not yet entered may have been taken out as
    /// needed by nobody, and is kept once more then.
    /// </summary>
    private async Task<IDbContextTransaction> BeginAsync(AppDbContext db, List<ReadImage<Look>> entering, CancellationToken cancellationToken)
    {
        while (true)
        {
            var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
            var gone = entering.Where(image => !store.Has(image.ContentHash)).ToList();
            if (gone.Count == 0)
            {
                return transaction;
            }

            await transaction.DisposeAsync();
            foreach (var image in gone)
            {
                using var content = image.File.Open(cancellationToken);
                if (store.Put(content, cancellationToken) != image.ContentHash)
                {
                    throw new DatasetException(ChangedMeanwhile);
                }
            }
        }
    }

    private static ProjectImage ToRow(DatasetImport import, ReadImage<Look> image, int? reference) => new()
    {
        Id = Guid.NewGuid(),
        ProjectId = import.ProjectId,
        ImportId = import.Id,
        ContentHash = image.ContentHash,
        SourcePath = image.File.Path,
        Patient = image.Patient,
        Site = image.File.Site ?? import.Site,
        // Until every patient is known nobody may train on, or test with, any of them.
        Split = DataSplit.Calibration,
        ReferenceClass = reference,
        Width = image.Derived.Width,
        Height = image.Derived.Height,
        Colour = image.Derived.Colour,
        PictureHash = image.Derived.Hash,
    };

    /// <summary>What a picture's two classes are, as a sentence; null where it has but one.</summary>
    private static string? Conflict(ReadImage<Look> image, int? reference, int? before) =>
        image.Contradiction is { } contradiction ? $"{contradiction}; it has no class until somebody decides."
        : reference is not null && before is not null && before != reference ? "The project has the same picture under another class; that one stays until somebody decides."
        : null;

    /// <summary>A second attempt begins its counts anew; what the first added now counts as known.</summary>
    private async Task PrepareAsync(DatasetImport import, DatasetSource source, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.ImportIssues.Where(i => i.ImportId == import.Id).ExecuteDeleteAsync(cancellationToken);
        (import.Total, import.Processed, import.Added, import.Duplicates, import.Rejected, import.Conflicts, import.WithoutPatient, import.Readings, import.Plan, import.Remarks) = (0, 0, 0, 0, 0, 0, 0, 0, null, source.Remarks);
        if (!import.IsDryRun && (source.IsSynthetic || !await HasImagesAsync(db, import, cancellationToken)))
        {
            await db.Projects.Where(p => p.Id == import.ProjectId).ExecuteUpdateAsync(set => set.SetProperty(p => p.IsSynthetic, source.IsSynthetic), cancellationToken);
        }
    }

    private static Task<bool> HasImagesAsync(AppDbContext db, DatasetImport import, CancellationToken cancellationToken) =>
        db.Images.AnyAsync(i => i.ProjectId == import.ProjectId, cancellationToken);

    /// <summary>
    /// The project's class indices by name; the first import makes them. Those of a first import that brought nothing, or was cancelled, are not
    /// what the project is about: the next may bring others.
    /// </summary>
    private async Task<Dictionary<string, int>> ClassesAsync(DatasetImport import, DatasetSource source, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var classes = await db.ProjectClasses.Where(c => c.ProjectId == import.ProjectId).ToListAsync(cancellationToken);
        if (classes.Count == 0 || !await HasImagesAsync(db, import, cancellationToken))
        {
            if (source.ClassNames.Count is < 2 or > 9)
            {
                throw new DatasetException(source.ClassNames.Count < 2
                    ? "A project's first import says what its classes are; the manifest gives fewer than two different labels."
                    : $"There are {source.ClassNames.Count} classes; readers answer by the keys 1 to 9.");
            }

            var before = classes;
            classes = [.. source.ClassNames.Select((name, index) => new ProjectClass { ProjectId = import.ProjectId, Index = index, Name = name })];
            if (!import.IsDryRun)
            {
                await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
                db.ProjectClasses.RemoveRange(before);
                await db.SaveChangesAsync(cancellationToken);
                db.ProjectClasses.AddRange(classes);
                await db.SaveChangesAsync(cancellationToken);
                await transaction.CommitAsync(cancellationToken);
            }
        }

        // Those of an earlier version of the program may be written otherwise, and differ in capital letters alone.
        var names = classes.ConvertAll(c => TextRule.Clean(c.Name));
        var comparer = ProjectClass.ComparerOf(names);
        var byName = classes.GroupBy(c => TextRule.Clean(c.Name), comparer).ToDictionary(c => c.Key, c => c.First().Index, comparer);
        return source.ClassNames.FirstOrDefault(name => !byName.ContainsKey(name)) is { } stranger
            ? throw new DatasetException($"'{stranger}' is not a class of this project, which has {string.Join(", ", byName.Keys)}.")
            : byName;
    }

    /// <summary>What a manifest says of splits, held against the project's before anything is stored.</summary>
    private async Task<DeclaredSplits> DeclaredAsync(int projectId, DatasetSource source, DatasetReader reader, CancellationToken cancellationToken)
    {
        var declared = DeclaredSplits.Of(source.Files, reader.PatientOf);
        if (!declared.IsEmpty)
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            declared.AddTo(await SettledAsync(db, projectId, cancellationToken));
        }

        return declared;
    }

    private async Task<IReadOnlyList<string>> PatientRemarksAsync(int projectId, ImportPlanner planner, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var before = await db.Images.Where(i => i.ProjectId == projectId).Select(i => i.Patient).Distinct().ToListAsync(cancellationToken);
        return PatientSpellings.Remarks(planner.Items.Select(i => i.Patient).Concat(before));
    }

    private async Task<ImportPlan> PlanAsync(DatasetImport import, ImportPlanner planner, Dictionary<string, int> classes, DeclaredSplits declared, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == import.ProjectId, cancellationToken);
        var splits = await SplitsAsync(db, project, planner.Items, declared, cancellationToken);
        return await planner.PlanAsync(db, project.Id, classes.ToDictionary(c => c.Value, c => c.Key), splits, cancellationToken);
    }

    /// <summary>
    /// Of each patient of some images, the split. A patient that has one keeps it: an image that was locked for the test, or that trained
    /// a model, stays what it was. The manifest comes next, and the others are parted by the project's seed.
    /// </summary>
    /// <exception cref="DatasetException">The manifest would move a patient.</exception>
    private static async Task<IReadOnlyDictionary<string, DataSplit>> SplitsAsync(
        AppDbContext db, Project project, IReadOnlyCollection<SplitItem> unsettled, DeclaredSplits declared, CancellationToken cancellationToken)
    {
        var splits = await SettledAsync(db, project.Id, cancellationToken);
        declared.AddTo(splits);
        var fresh = PatientSplitter.Split([.. unsettled.Where(i => !splits.ContainsKey(TextRule.Clean(i.Patient)))], project.Fractions, (ulong)project.Seed);
        foreach (var (patient, split) in fresh)
        {
            splits.Add(patient, split);
        }

        return splits;
    }

    private static IQueryable<int> Completed(AppDbContext db, int projectId) =>
        db.Imports.Where(i => i.ProjectId == projectId && i.State == ImportState.Completed).Select(i => i.Id);

    /// <exception cref="DatasetException">A patient is on two sides already: no split of more images could be right.</exception>
    private static async Task<Dictionary<string, DataSplit>> SettledAsync(AppDbContext db, int projectId, CancellationToken cancellationToken)
    {
        var completed = Completed(db, projectId);
        var settled = new Dictionary<string, DataSplit>(StringComparer.Ordinal);
        foreach (var side in await db.Images.Where(i => i.ProjectId == projectId && completed.Contains(i.ImportId))
            .Select(i => new { i.Patient, Split = i.Split == DataSplit.Gold ? DataSplit.Training : i.Split }).Distinct().ToListAsync(cancellationToken))
        {
            // One that came with an earlier version of the program may be written otherwise.
            var patient = TextRule.Clean(side.Patient);
            if (!settled.TryAdd(patient, side.Split) && settled[patient] != side.Split)
            {
                throw new DatasetException($"Patient '{side.Patient}' of this project is on two sides of its split already; 'Leaks' shows which.");
            }
        }

        return settled;
    }

    /// <summary>Gives the images their places: splits, what readers said of them elsewhere, and who is to read them here.</summary>
    private async Task SettleAsync(DatasetImport import, DeclaredSplits declared, List<Guid> conflicts, ReadingImport readings, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == import.ProjectId, cancellationToken);
        var completed = await Completed(db, import.ProjectId).ToListAsync(cancellationToken);
        // Counted in the database: a million images of a thousand patients are a few thousand rows, and so many names of patients.
        var unsettled = (await db.Images.Where(i => i.ProjectId == import.ProjectId && !completed.Contains(i.ImportId))
            .GroupBy(i => new { i.Patient, i.ReferenceClass }).Select(g => new { g.Key.Patient, g.Key.ReferenceClass, Count = g.Count() })
            .ToListAsync(cancellationToken)).ConvertAll(g => new SplitItem(g.Patient, g.ReferenceClass, g.Count));
        var splits = await SplitsAsync(db, project, unsettled, declared, cancellationToken);
        foreach (var patient in unsettled.Select(i => i.Patient).Distinct(StringComparer.Ordinal))
        {
            var split = splits.TryGetValue(patient, out var own) ? own : splits[TextRule.Clean(patient)];
            await db.Images.Where(i => i.ProjectId == import.ProjectId && i.Patient == patient && i.Split != DataSplit.Gold && !completed.Contains(i.ImportId))
                .ExecuteUpdateAsync(set => set.SetProperty(i => i.Split, split), cancellationToken);
        }

        await readings.StoreAsync(db, cancellationToken);
        await RaiseAsync(db, import, conflicts, cancellationToken);
        await ReadingPlan.ApplyAsync(db, import.ProjectId, cancellationToken);
        await GoldSet.ApplyAsync(db, project, cancellationToken);
        import.Readings = readings.Stored;
        // With the splits: from here on images are read, and nothing may be taken back any more.
        (import.State, import.Error, import.FinishedUtc) = (ImportState.Completed, null, (time ?? TimeProvider.System).GetUtcNow().UtcDateTime);
        db.ChangeTracker.Clear();
        db.Imports.Update(import);
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }

    /// <summary>
    /// Lets people decide of what class a picture is: of the pool, two readers are asked about it before all else; of the others, which no
    /// reader is asked about, an adjudicator. What was raised before is not raised again.
    /// </summary>
    private static async Task RaiseAsync(AppDbContext db, DatasetImport import, List<Guid> conflicts, CancellationToken cancellationToken)
    {
        foreach (var some in conflicts.Chunk(500))
        {
            await db.Images.Where(i => some.Contains(i.Id) && i.Split == DataSplit.Training && i.ReadingsAsked == 0)
                .ExecuteUpdateAsync(set => set.SetProperty(i => i.ReadingsAsked, i => Math.Max(2, i.ReadingsGiven + 1)), cancellationToken);
            db.ReferenceDoubts.AddRange((await db.Images.Where(i => some.Contains(i.Id) && i.Split != DataSplit.Training && !db.ReferenceDoubts.Any(d => d.ImageId == i.Id))
                .Select(i => i.Id).ToListAsync(cancellationToken)).Select(id => new ReferenceDoubt { ImageId = id, ProjectId = import.ProjectId, ById = import.RequestedById, AtUtc = import.RequestedUtc }));
            await db.SaveChangesAsync(cancellationToken);
        }
    }

    /// <summary>Keeps content for as long as there is room, and knows what of it is not entered yet.</summary>
    private sealed class Storing(ContentStore store, StorageRoom? room)
    {
        private readonly ConcurrentBag<string> _kept = [];
        private long _left;

        /// <summary>Hashes of what was kept and is not entered yet.</summary>
        public IReadOnlyCollection<string> Kept => _kept;

        public bool IsEmpty => _kept.IsEmpty;

        /// <exception cref="StorageFullException">There is no room for all.</exception>
        public void Expect(IEnumerable<InventoriedFile> contents)
        {
            _left = contents.Sum(c => RowBytes + (store.Has(c.Digest) ? 0 : c.File.Length));
            room?.Require(Subject, _left);
        }

        /// <exception cref="ImageRejectedException">Somebody was still copying it to where it lies.</exception>
        /// <exception cref="StorageFullException">There is no room for more.</exception>
        public Look Keep(OpenedFile file, CancellationToken cancellationToken)
        {
            var length = store.Has(file.Digest) ? 0 : file.Content.Length;
            room?.Require(Subject, length + RowBytes, Volatile.Read(ref _left));
            var hash = store.Put(file.Content, cancellationToken);
            _kept.Add(hash);
            Interlocked.Add(ref _left, -length - RowBytes);
            return hash == file.Digest ? Look.At(file.Picture) : throw new ImageRejectedException(ChangedMeanwhile);
        }

        public void Entered() => _kept.Clear();
    }

    /// <summary>What a row keeps of a picture's pixels.</summary>
    private sealed record Look(int Width, int Height, ImageColour Colour, long Hash)
    {
        public static Look At(Picture picture) => new(picture.Width, picture.Height, ImageColour.Of(picture.Pixels), PerceptualHash.Of(PerceptualHash.Small(picture.Pixels)));
    }
}
