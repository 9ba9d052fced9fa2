using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Acquisition;

/// <summary>
/// Groups of look-alikes: k-means (Lloyd) from centres drawn far apart (k-means++, Arthur and Vassilvitskii 2007).
/// </summary>
public static class LikenessGroups
{
    private const int MaxIterations = 50;

    /// <summary>Groups images by what they look like.</summary>
    /// <param name="images">Each image's numbers, as <see cref="Likeness"/> has them, all of one length; at least one image.</param>
    /// <param name="groups">How many at most, 1 or more: empty groups are left out.</param>
    /// <param name="seed">Seed of the first centres.</param>
    /// <returns>Indices of each group's images, in order.</returns>
    public static IReadOnlyList<int[]> Of(IReadOnlyList<byte[]> images, int groups, ulong seed)
    {
        ArgumentNullException.ThrowIfNull(images);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(groups);
        var centres = FirstCentres(images, groups, new SeededRandom(seed, "typical images"));
        var (groupOf, isSettled) = (new int[images.Count], false);
        for (var iteration = 0; iteration < MaxIterations && !isSettled; iteration++)
        {
            isSettled = true;
            for (var i = 0; i < images.Count; i++)
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

        return [.. Members(groupOf)];
    }

    private static IEnumerable<int[]> Members(int[] groupOf) => groupOf.Index().GroupBy(item => item.Item, item => item.Index).Select(group => group.ToArray());

    private static float[][] FirstCentres(IReadOnlyList<byte[]> images, int groups, SeededRandom random)
    {
        var centres = new List<float[]>();
        var distances = Enumerable.Repeat(1.0, images.Count).ToArray();
        while (centres.Count < groups)
        {
            var centre = images[Draw(distances, random)].Select(number => (float)number).ToArray();
            centres.Add(centre);
            for (var i = 0; i < images.Count; i++)
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

    private static float[] Mean(IReadOnlyList<byte[]> images, int[] group)
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
