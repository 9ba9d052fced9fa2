namespace SafeMedLabel.Core.Acquisition;

/// <summary>
/// The first images to ask about, while there is no model to be uncertain: the most typical one of each group of look-alikes ('TypiClust',
/// Hacohen, Dekel and Weinshall, ICML 2022).
/// </summary>
public static class TypicalImages
{
    /// <summary>Groups at most (their max_clusters).</summary>
    public const int MaxGroups = 500;

    /// <summary>A smaller group is taken for stragglers, and comes only after all others (their minimum cluster size).</summary>
    private const int SmallestGroup = 5;

    /// <summary>Neighbours that an image's typicality is measured by.</summary>
    private const int Neighbours = 20;

    /// <summary>
    /// Chooses <paramref name="count"/> images: the images are grouped by k-means into as many groups as there are images to choose, and the
    /// most typical of each group taken, the largest group first. An image is the more typical, the nearer its 20 nearest neighbours in its
    /// group are, on average. Where there are fewer groups than images to choose, the groups take turns.
    /// </summary>
    /// <param name="likeness">Each image's numbers, as <see cref="Likeness"/> has them, all of one length.</param>
    /// <param name="contentHashes">Content hash of each image; breaks ties.</param>
    /// <param name="count">How many to choose; all where there are fewer.</param>
    /// <param name="seed">Seed of the first centres.</param>
    /// <returns>Indices, in the order in which they were chosen.</returns>
    /// <exception cref="ArgumentException">The lists differ in length.</exception>
    public static int[] Choose(IReadOnlyList<byte[]> likeness, IReadOnlyList<string> contentHashes, int count, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(likeness);
        ArgumentNullException.ThrowIfNull(contentHashes);
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (likeness.Count != contentHashes.Count)
        {
            throw new ArgumentException($"There are {contentHashes.Count} content hashes for {likeness.Count} images.", nameof(contentHashes));
        }

        if (count == 0 || likeness.Count == 0)
        {
            return [];
        }

        // The order of the images must not matter, and the first centres are drawn by position.
        int[] order = [.. Enumerable.Range(0, likeness.Count).OrderBy(i => contentHashes[i], StringComparer.Ordinal)];
        byte[][] images = [.. order.Select(i => likeness[i])];
        var groups = LikenessGroups.Of(images, Math.Min(Math.Min(count, MaxGroups), images.Length), seed)
            .Select(group => MostTypicalFirst(images, group))
            .OrderBy(group => group.Length < SmallestGroup)
            .ThenByDescending(group => group.Length)
            .ToList();
        return [.. Enumerable.Range(0, groups.Max(group => group.Length)).SelectMany(turn => groups.Where(group => turn < group.Length).Select(group => order[group[turn]])).Take(count)];
    }

    private static int[] MostTypicalFirst(byte[][] images, int[] group)
    {
        var neighbours = Math.Min(Neighbours, group.Length - 1);
        double MeanDistance(int image) => neighbours == 0 ? 0 : group
            .Where(other => other != image)
            .Select(other => Math.Sqrt(Likeness.Distance(images[image], images[other])))
            .Order()
            .Take(neighbours)
            .Average();
        return [.. group.Select(image => (Image: image, Distance: MeanDistance(image))).OrderBy(i => i.Distance).ThenBy(i => i.Image).Select(i => i.Image)];
    }
}
