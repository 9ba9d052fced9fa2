using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Looks for patients and pictures on two sides of a project's split.</summary>
public sealed class LeakService(IDbContextFactory<AppDbContext> contexts, ContentStore store)
{
    /// <summary>A project's report: seconds, even for 100,000 images.</summary>
    public async Task<LeakReport> ReadAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var settled = db.Images.Where(i => i.ProjectId == projectId && db.Imports.Any(p => p.Id == i.ImportId && p.State == ImportState.Completed));
        var sides = await settled.GroupBy(i => new { i.Patient, i.Split }).Select(g => new { g.Key.Patient, g.Key.Split, Images = g.Count() }).ToListAsync(cancellationToken);
        var hashes = await settled.Where(i => i.PictureHash != null).OrderBy(i => i.ContentHash)
            .Select(i => new Hashed(i.Id, i.ContentHash, i.PictureHash!.Value)).ToListAsync(cancellationToken);
        var (pairs, areAll) = await Task.Run(
            () => NearPictures.Find([.. hashes.Select(h => h.Hash)], i => store.Open(hashes[i].ContentHash), (_, _) => true, cancellationToken), cancellationToken);
        var shown = await ShownAsync(db, [.. pairs.SelectMany(c => new[] { hashes[c.First].Id, hashes[c.Second].Id }).Distinct()], cancellationToken);
        var images = sides.Sum(s => s.Images);
        return new LeakReport(
            images,
            sides.Select(s => s.Patient).Distinct(StringComparer.Ordinal).Count(),
            images - hashes.Count,
            areAll,
            [.. sides.GroupBy(s => s.Patient, s => ComparedImage.SideOf(s.Split), StringComparer.Ordinal).Select(g => new PartedPatient(g.Key, [.. g.Distinct().Order()]))
                .Where(p => p.Splits.Count > 1).OrderBy(p => p.Patient, StringComparer.Ordinal)],
            [.. pairs.Select(c => new NearDuplicate(shown[hashes[c.First].Id], shown[hashes[c.Second].Id], c.Difference))]);
    }

    private static async Task<Dictionary<Guid, ComparedImage>> ShownAsync(AppDbContext db, Guid[] ids, CancellationToken cancellationToken)
    {
        var shown = new Dictionary<Guid, ComparedImage>();
        foreach (var some in ids.Chunk(500))
        {
            await foreach (var image in db.Images.Where(i => some.Contains(i.Id)).Select(i => new ComparedImage(i.Id, i.Patient, i.Split, i.SourcePath)).AsAsyncEnumerable().WithCancellation(cancellationToken))
            {
                shown.Add(image.Id, image);
            }
        }

        return shown;
    }

    private sealed record Hashed(Guid Id, string ContentHash, long Hash);
}
