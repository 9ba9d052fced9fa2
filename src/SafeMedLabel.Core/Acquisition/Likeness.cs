namespace SafeMedLabel.Core.Acquisition;

/// <summary>
/// How much images look alike to a network: each is a few numbers of a byte, and images are the more alike the smaller the distance between
/// theirs.
/// </summary>
public static class Likeness
{
    /// <summary>Numbers an image.</summary>
    public const int Length = 16;

    /// <summary>The squared Euclidean distance. Where either has no numbers, there is nothing to tell them apart: 0.</summary>
    /// <exception cref="ArgumentException">The one has more numbers than the other.</exception>
    public static int Distance(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other)
    {
        if (one.IsEmpty || other.IsEmpty)
        {
            return 0;
        }

        if (one.Length != other.Length)
        {
            throw new ArgumentException($"An image of {one.Length} numbers cannot be compared with one of {other.Length}.");
        }

        var sum = 0;
        for (var i = 0; i < one.Length; i++)
        {
            var difference = one[i] - other[i];
            sum += difference * difference;
        }

        return sum;
    }

    /// <summary>Those of <paramref name="images"/> that look most like <paramref name="pattern"/>, the most alike first; ties stay in their order.</summary>
    /// <param name="pattern">An image's numbers.</param>
    /// <param name="images">The others.</param>
    /// <param name="likeness">Numbers of an image.</param>
    /// <param name="count">How many.</param>
    public static IEnumerable<T> Nearest<T>(byte[] pattern, IEnumerable<T> images, Func<T, byte[]> likeness, int count) =>
        images.OrderBy(image => Distance(pattern, likeness(image))).Take(count);
}
