using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>Which of many pictures are nearly the same: their hashes propose pairs, and the two in small decide.</summary>
/// <remarks>
/// Of the 262.7 million pairs of the 22,922 different cells of the NIH malaria set's development part, the hashes of 63 differ in at most two bits and
/// those of 1,377 in at most four; the most alike of these differ by 5.0 in small, so that none is taken for a copy. Of 499 of these cells, copies by
/// JPEG at quality 90, 75 and 50, 8 of 255 brighter, 5 % brighter, and resized to 97, 105 and 50 % all differ in at most four bits and by at most 3.9,
/// those that are not brighter by at most 1.8. Hence <see cref="NearHashes.MaxDistance"/> and <see cref="MaxDifference"/>.
/// </remarks>
public static class NearPictures
{
    /// <summary>The most by which two pictures that are nearly the same differ in small, of 255.</summary>
    public const double MaxDifference = 4;

    /// <summary>The pairs, the most alike first, by their positions, and whether these are all.</summary>
    /// <param name="hashes">The <see cref="PerceptualHash"/> of each picture.</param>
    /// <param name="open">A picture's file; called for few of them, on several threads.</param>
    /// <param name="isWanted">Whether a pair is looked at.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public static (IReadOnlyList<(int First, int Second, double Difference)> Pairs, bool AreAll) Find(
        IReadOnlyList<long> hashes, Func<int, FileContent> open, Func<int, int, bool> isWanted, CancellationToken cancellationToken)
    {
        var (proposed, areAll) = NearHashes.Find(hashes, cancellationToken);
        var wanted = proposed.Where(p => isWanted(p.First, p.Second)).ToList();
        var small = wanted.SelectMany(p => new[] { p.First, p.Second }).Distinct().AsParallel().WithCancellation(cancellationToken)
            .ToDictionary(i => i, i =>
            {
                using var content = open(i);
                return PerceptualHash.Small(ImageDecoder.Read(content).Pixels);
            });
        var pairs = wanted.Select(p => (p.First, p.Second, Difference: PerceptualHash.Difference(small[p.First], small[p.Second])))
            .Where(p => p.Difference <= MaxDifference).OrderBy(p => p.Difference).ThenBy(p => p.First).ThenBy(p => p.Second);
        return ([.. pairs], areAll);
    }
}
