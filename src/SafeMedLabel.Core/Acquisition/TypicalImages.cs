using SafeMedLabel.Core.Statistics;

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

    private const int MaxIterations = 50;

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
        var groups = Group(images, Math.Min(Math.Min(count, MaxGroups), images.Length), seed)
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

    /// <summary>k-means (Lloyd) from centres drawn far apart (k-means++, Arthur and Vassilvitskii 2007); empty groups are left out.</summary>
    private static IEnumerable<int[]> Group(byte[][] images, int groups, ulong seed)
    {
        var centres = FirstCentres(images, groups, new SeededRandom(seed, "typical images"));
        var (groupOf, isSettled) = (new int[images.Length], false);
        for (var iteration = 0; iteration < MaxIterations && !isSettled; iteration++)
        {
            isSettled = true;
            for (var i = 0; i < images.Length; i++)
            {
                var nearest = Nearest(images[i], centres);
                isSettled &= iteration > 0 && nearest == groupOf[i];
                groupOf[i] = nearest;
            }

            foreach (var group in Members(groupOf))
            {
                centres[groupOf[group[0]]] = Mean(images, group);
            }
        }

        return Members(groupOf);
    }

    private static IEnumerable<int[]> Members(int[] groupOf) => groupOf.Index().GroupBy(item => item.Item, item => item.Index).Select(group => group.ToArray());

    private static float[][] FirstCentres(byte[][] images, int groups, SeededRandom random)
    {
        var centres = new List<float[]>();
        var distances = Enumerable.Repeat(1.0, images.Length).ToArray();
        while (centres.Count < groups)
        {
            var centre = images[Draw(distances, random)].Select(number => (float)number).ToArray();
            centres.Add(centre);
            for (var i = 0; i < images.Length; i++)
            {
                var distance = Distance(images[i], centre);
                distances[i] = centres.Count == 1 ? distance : Math.Min(distances[i], distance);
            }
        }

        return [.. centres];
    }

    /// <summary>A position, each with a chance in proportion to its weight; the last where all are zero.</summary>
    private static int Draw(double[] weights, SeededRandom random)
    {
        var left = random.NextDouble() * weights.Sum();
        var position = 0;
        while (position < weights.Length - 1 && (left -= weights[position]) >= 0)
        {
            position++;
        }

        return position;
    }

    private static int Nearest(byte[] image, float[][] centres)
    {
        var (nearest, least) = (0, float.PositiveInfinity);
        for (var centre = 0; centre < centres.Length; centre++)
        {
            var distance = Distance(image, centres[centre]);
            if (distance < least)
            {
                (nearest, least) = (centre, distance);
            }
        }

        return nearest;
    }

    private static float Distance(byte[] image, float[] centre)
    {
        var sum = 0f;
        for (var i = 0; i < image.Length; i++)
        {
            var difference = image[i] - centre[i];
            sum += difference * difference;
        }

        return sum;
    }

    private static float[] Mean(byte[][] images, int[] group)
    {
        var sum = new float[images[group[0]].Length];
        foreach (var image in group)
        {
            for (var i = 0; i < sum.Length; i++)
            {
                sum[i] += images[image][i];
            }
        }

        return [.. sum.Select(value => value / group.Length)];
    }
}
