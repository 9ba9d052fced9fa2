using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Labelling;

/// <summary>Which images of known class are kept to see how reliably readers read.</summary>
internal static class GoldSet
{
    /// <summary>A project's gold images and their classes.</summary>
    public static Task<Dictionary<Guid, int>> ReadAsync(AppDbContext db, int projectId, CancellationToken cancellationToken) =>
        db.Images.Where(i => i.ProjectId == projectId && i.Split == DataSplit.Gold).ToDictionaryAsync(i => i.Id, i => i.ReferenceClass!.Value, cancellationToken);

    /// <summary>
    /// Draws training images of known class, the classes in proportion, that nobody has read, until a project has as many as it wants, or gives
    /// such images back to the training; those that somebody has read stay. Part of the caller's transaction.
    /// </summary>
    /// <returns>Refused where there are too few.</returns>
    public static async Task<Result> ApplyAsync(AppDbContext db, Project project, CancellationToken cancellationToken)
    {
        var unread = db.Images.Where(i => i.ProjectId == project.Id && i.ReferenceClass != null && i.ReadingsTaken == 0
            && !db.Answers.Any(a => a.ImageId == i.Id) && !db.Adjudications.Any(a => a.ImageId == i.Id));
        var missing = project.GoldImages - await db.Images.CountAsync(i => i.ProjectId == project.Id && i.Split == DataSplit.Gold, cancellationToken);
        if (missing < 0)
        {
            var surplus = unread.Where(i => i.Split == DataSplit.Gold).OrderBy(i => i.ContentHash).Take(-missing);
            await MoveAsync(db, [.. await surplus.Select(i => i.Id).ToListAsync(cancellationToken)], DataSplit.Training, project.ReadingsPerImage, cancellationToken);
        }

        if (missing > 0)
        {
            var known = await unread.Where(i => i.Split == DataSplit.Training).OrderBy(i => i.ContentHash)
                .Select(i => new { i.Id, Class = i.ReferenceClass!.Value }).ToListAsync(cancellationToken);
            var drawn = LabelledSubset.Draw([.. known.Select(i => i.Class)], Math.Min(missing, known.Count), (ulong)project.Seed);
            await AddAsync(db, [.. drawn.Select(i => known[i].Id)], cancellationToken);
            if (known.Count < missing)
            {
                return Result.Refused($"Only {known.Count} more training images have a known class and were not read yet; {missing} would be needed.");
            }
        }

        return Result.Done;
    }

    /// <summary>Makes images of known class gold. Any number of readers may hold one at once.</summary>
    public static Task AddAsync(AppDbContext db, IReadOnlyCollection<Guid> images, CancellationToken cancellationToken) => MoveAsync(db, images, DataSplit.Gold, int.MaxValue, cancellationToken);

    /// <summary>What a round said of them goes: it ranks them no longer.</summary>
    private static async Task MoveAsync(AppDbContext db, IReadOnlyCollection<Guid> images, DataSplit split, int readingsWanted, CancellationToken cancellationToken)
    {
        foreach (var some in images.Chunk(500))
        {
            await db.ModelOpinions.Where(o => some.Contains(o.ImageId)).ExecuteDeleteAsync(cancellationToken);
            await db.RoundPredictions.Where(p => some.Contains(p.ImageId)).ExecuteDeleteAsync(cancellationToken);
            await db.Images.Where(i => some.Contains(i.Id)).ExecuteUpdateAsync(
                set => set
                    .SetProperty(i => i.Split, split)
                    .SetProperty(i => i.ReadingsWanted, readingsWanted)
                    .SetProperty(i => i.QueueRank, ProjectImage.Unranked)
                    .SetProperty(i => i.AcquisitionScore, (double?)null),
                cancellationToken);
        }
    }
}
