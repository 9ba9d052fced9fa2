using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Learning.Training;

/// <summary>Batches of as many items of one class as of another, give or take one; each class in an endless shuffled order of its own.</summary>
internal sealed class BalancedOrder(IReadOnlyList<int> labels, SeededRandom random) : IBatchOrder
{
    private readonly (int[] Members, BatchOrder Order)[] _classes =
        [.. labels.Index().GroupBy(l => l.Item, l => l.Index).OrderBy(g => g.Key).Select(g => (g.ToArray(), new BatchOrder(g.Count(), random)))];

    private int _next;

    /// <inheritdoc />
    public int[] Next(int size)
    {
        var batch = new int[size];
        for (var i = 0; i < size; i++)
        {
            var (members, order) = _classes[_next++ % _classes.Length];
            batch[i] = members[order.Next(1)[0]];
        }

        return batch;
    }
}
