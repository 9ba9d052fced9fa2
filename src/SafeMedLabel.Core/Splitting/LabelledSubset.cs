using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Splitting;

/// <summary>Draws the images whose labels a method may see.</summary>
public static class LabelledSubset
{
    /// <summary>
    /// <paramref name="count"/> indices into <paramref name="classes"/>, in rising order: random, with each class in
    /// proportion (largest remainder) and at least one of each class where the count allows.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">More than there are, or fewer than one.</exception>
    public static int[] Draw(IReadOnlyList<int> classes, int count, ulong seed)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, classes.Count);
        var random = new SeededRandom(seed, "labelled subset");
        var byClass = Enumerable.Range(0, classes.Count).GroupBy(i => classes[i]).OrderBy(g => g.Key).Select(g => g.ToArray()).ToArray();
        var shares = byClass.Select(g => (double)count * g.Length / classes.Count).ToArray();
        var takes = shares.Select((s, i) => Math.Min(byClass[i].Length, Math.Max(count >= byClass.Length ? 1 : 0, (int)s))).ToArray();
        while (takes.Sum() != count)
        {
            var step = Math.Sign(count - takes.Sum());
            var movable = Enumerable.Range(0, takes.Length).Where(i => step > 0 ? takes[i] < byClass[i].Length : takes[i] > 1);
            takes[movable.MaxBy(i => step * (shares[i] - takes[i]))] += step;
        }

        return [.. byClass.SelectMany((indices, i) =>
        {
            random.Shuffle(indices.AsSpan());
            return indices.Take(takes[i]);
        }).Order()];
    }
}
