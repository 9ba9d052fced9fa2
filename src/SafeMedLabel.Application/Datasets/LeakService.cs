using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Looks for patients and pictures on two sides of a project's split.</summary>
/// <remarks>
/// Of the 262.7 million pairs of the 22,922 different cells of the NIH malaria set's development part, the hashes of 63 differ in at most two bits and
/// those of 1,377 in at most four; the most alike of these differ by 5.0 in small, so that none is taken for a copy. Of 499 of these cells, copies by
/// JPEG at quality 90, 75 and 50, 8 of 255 brighter, 5 % brighter, and resized to 97, 105 and 50 % all differ in at most four bits and by at most 3.9,
/// those that are not brighter by at most 1.8. Hence <see cref="NearHashes.MaxDistance"/> and <see cref="MaxDifference"/>.
/// </remarks>
public sealed class LeakService(IDbContextFactory<AppDbContext> contexts, ContentStore store)
{
    /// <summary>The most by which two pictures that are nearly the same differ in small, of 255.</summary>
    public const double MaxDifference = 4;

    /// <summary>A project's report: seconds, even for 100,000 images.</summary>
    public async Task<LeakReport> ReadAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var settled = db.Images.Where(i => i.ProjectId == projectId && db.Imports.Any(p => p.Id == i.ImportId && p.State == ImportState.Completed));
        var sides = await settled.GroupBy(i => new { i.Patient, i.Split }).Select(g => new { g.Key.Patient, g.Key.Split, Images = g.Count() }).ToListAsync(cancellationToken);
        var hashes = await settled.Where(i => i.PictureHash != null).OrderBy(i => i.ContentHash)
            .Select(i => new Hashed(i.Id, i.ContentHash, i.PictureHash!.Value)).ToListAsync(cancellationToken);
        var (pairs, areAll) = await Task.Run(() => NearHashes.Find([.. hashes.Select(h => h.Hash)], cancellationToken), cancellationToken);
        var confirmed = await Task.Run(() => Confirm(hashes, pairs, cancellationToken), cancellationToken);
        var shown = await ShownAsync(db, [.. confirmed.SelectMany(c => new[] { hashes[c.First].Id, hashes[c.Second].Id }).Distinct()], cancellationToken);
        var images = sides.Sum(s => s.Images);
        return new LeakReport(
            images,
            sides.Select(s => s.Patient).Distinct(StringComparer.Ordinal).Count(),
            images - hashes.Count,
            areAll,
            [.. sides.GroupBy(s => s.Patient, s => ComparedImage.SideOf(s.Split), StringComparer.Ordinal).Select(g => new PartedPatient(g.Key, [.. g.Distinct().Order()]))
                .Where(p => p.Splits.Count > 1).OrderBy(p => p.Patient, StringComparer.Ordinal)],
            [.. confirmed.Select(c => new NearDuplicate(shown[hashes[c.First].Id], shown[hashes[c.Second].Id], c.Difference))]);
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

    private List<(int First, int Second, double Difference)> Confirm(List<Hashed> hashes, IReadOnlyList<(int First, int Second)> pairs, CancellationToken cancellationToken)
    {
        var small = pairs.SelectMany(p => new[] { p.First, p.Second }).Distinct().AsParallel().WithCancellation(cancellationToken)
            .ToDictionary(i => i, i => PerceptualHash.Small(ImageDecoder.Decode(store.Read(hashes[i].ContentHash))));
        return [.. pairs.Select(p => (p.First, p.Second, Difference: PerceptualHash.Difference(small[p.First], small[p.Second])))
            .Where(p => p.Difference <= MaxDifference).OrderBy(p => p.Difference).ThenBy(p => p.First).ThenBy(p => p.Second)];
    }

    private sealed record Hashed(Guid Id, string ContentHash, long Hash);
}
