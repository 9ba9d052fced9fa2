using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// Brings a source into a project: bytes to the content store, rows to the database, a reason for every file left out. Batch by
/// batch in short transactions; importing the same again adds only what is missing, so a killed import is simply run again.
/// </summary>
public sealed class DatasetImporter(IDbContextFactory<AppDbContext> contexts, ContentStore store)
{
    /// <summary>Imports what <paramref name="import"/> names; its row follows.</summary>
    /// <exception cref="DatasetException">The source cannot be read, or its classes are not the project's.</exception>
    public async Task ImportAsync(DatasetImport import, CancellationToken cancellationToken = default)
    {
        using var source = DatasetSource.Open(import.SourcePath);
        await PrepareAsync(import, source, cancellationToken);
        var classes = await ClassesAsync(import.ProjectId, source, cancellationToken);
        var reader = new DatasetReader(source, new PatientPattern(import.PatientPattern));
        import.Total = reader.Total;
        foreach (var (images, rejected, processed) in reader.Batches(Keep, cancellationToken))
        {
            await using var db = await contexts.CreateDbContextAsync(cancellationToken);
            var hashes = images.Select(i => i.ContentHash).ToList();
            var known = await db.Images.Where(i => i.ProjectId == import.ProjectId && hashes.Contains(i.ContentHash))
                .ToDictionaryAsync(i => i.ContentHash, i => i.ReferenceClass, cancellationToken);
            var added = images.Where(i => !known.ContainsKey(i.ContentHash)).ToList();
            var contradicting = images
                .Where(i => known.TryGetValue(i.ContentHash, out var reference) && reference is not null && reference != classes[source.ClassNames[i.ClassIndex]])
                .Select(i => new RejectedFile(i.Path, "The project has the same picture under another class; that one stays."));
            var refused = rejected.Concat(contradicting).ToList();
            db.Images.AddRange(added.Select(image => new ProjectImage
            {
                Id = Guid.NewGuid(),
                ProjectId = import.ProjectId,
                ImportId = import.Id,
                ContentHash = image.ContentHash,
                SourcePath = image.Path,
                Patient = image.Patient,
                // Until every patient is known nobody may train on, or test with, any of them.
                Split = DataSplit.Calibration,
                ReferenceClass = classes[source.ClassNames[image.ClassIndex]],
                Width = image.Derived.Width,
                Height = image.Derived.Height,
                Colour = image.Derived.Colour,
            }));
            db.ImportIssues.AddRange(refused.Select(r => new ImportIssue { ImportId = import.Id, Path = r.Path, Reason = r.Reason }));
            import.Processed = processed;
            import.Added += added.Count;
            import.Rejected += refused.Count;
            import.WithoutPatient += added.Count(i => i.Patient == PatientPattern.Unknown);
            db.Imports.Update(import);
            await db.SaveChangesAsync(cancellationToken);
        }

        import.Duplicates = import.Processed - import.Added - import.Rejected;
        await SplitAsync(import, cancellationToken);
    }

    private (int Width, int Height, ImageColour Colour) Keep(byte[] bytes, DecodedImage image)
    {
        store.Put(bytes);
        return (image.Width, image.Height, ImageColour.Of(image));
    }

    /// <summary>A second attempt begins its counts anew; what the first added now counts as known.</summary>
    private async Task PrepareAsync(DatasetImport import, DatasetSource source, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.ImportIssues.Where(i => i.ImportId == import.Id).ExecuteDeleteAsync(cancellationToken);
        (import.Total, import.Processed, import.Added, import.Duplicates, import.Rejected, import.WithoutPatient) = (0, 0, 0, 0, 0, 0);
        if (source.IsSynthetic)
        {
            await db.Projects.Where(p => p.Id == import.ProjectId).ExecuteUpdateAsync(set => set.SetProperty(p => p.IsSynthetic, true), cancellationToken);
        }
    }

    /// <summary>The project's class indices by name; the first import makes them.</summary>
    private async Task<Dictionary<string, int>> ClassesAsync(int projectId, DatasetSource source, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var classes = await db.ProjectClasses.Where(c => c.ProjectId == projectId).ToListAsync(cancellationToken);
        if (classes.Count == 0)
        {
            if (source.ClassNames.Count > 9)
            {
                throw new DatasetException($"There are {source.ClassNames.Count} class folders; readers answer by the keys 1 to 9.");
            }

            classes = [.. source.ClassNames.Select((name, index) => new ProjectClass { ProjectId = projectId, Index = index, Name = name })];
            db.ProjectClasses.AddRange(classes);
            await db.SaveChangesAsync(cancellationToken);
        }

        var byName = classes.ToDictionary(c => c.Name, c => c.Index, StringComparer.Ordinal);
        return source.ClassNames.FirstOrDefault(name => !byName.ContainsKey(name)) is { } stranger
            ? throw new DatasetException($"The class folder '{stranger}' is not a class of this project, which has {string.Join(", ", byName.Keys)}.")
            : byName;
    }

    /// <summary>
    /// Gives new patients their split. A patient that has one keeps it: an image that was locked for the test, or that trained
    /// a model, stays what it was.
    /// </summary>
    private async Task SplitAsync(DatasetImport import, CancellationToken cancellationToken)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var project = await db.Projects.AsNoTracking().FirstAsync(p => p.Id == import.ProjectId, cancellationToken);
        var completed = await db.Imports.Where(i => i.ProjectId == import.ProjectId && i.State == ImportState.Completed).Select(i => i.Id).ToListAsync(cancellationToken);
        var settled = await db.Images.Where(i => i.ProjectId == import.ProjectId && completed.Contains(i.ImportId))
            .Select(i => new { i.Patient, Split = i.Split == DataSplit.Gold ? DataSplit.Training : i.Split }).Distinct().ToDictionaryAsync(p => p.Patient, p => p.Split, cancellationToken);
        var unsettled = await db.Images.Where(i => i.ProjectId == import.ProjectId && !completed.Contains(i.ImportId))
            .Select(i => new { i.Patient, i.ReferenceClass }).ToListAsync(cancellationToken);
        var fresh = PatientSplitter.Split(
            [.. unsettled.Where(i => !settled.ContainsKey(i.Patient)).Select(i => new SplitItem(i.Patient, i.ReferenceClass))], new SplitFractions(), (ulong)project.Seed);
        foreach (var patient in unsettled.Select(i => i.Patient).Distinct(StringComparer.Ordinal))
        {
            var split = settled.TryGetValue(patient, out var kept) ? kept : fresh[patient];
            await db.Images.Where(i => i.ProjectId == import.ProjectId && i.Patient == patient && i.Split != DataSplit.Gold && !completed.Contains(i.ImportId))
                .ExecuteUpdateAsync(set => set.SetProperty(i => i.Split, split), cancellationToken);
        }

        await ReadingPlan.ApplyAsync(db, import.ProjectId, cancellationToken);
        await GoldSet.ApplyAsync(db, project, cancellationToken);
        await transaction.CommitAsync(cancellationToken);
    }
}
