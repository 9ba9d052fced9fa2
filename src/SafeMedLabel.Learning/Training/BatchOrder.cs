using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Learning.Training;

/// <summary>An endless shuffled order of 0 … n − 1: each comes once before any comes again.</summary>
internal sealed class BatchOrder(int count, SeededRandom random) : IBatchOrder
{
    private readonly int[] _order = [.. Enumerable.Range(0, count)];
    private int _position = int.MaxValue;

    /// <inheritdoc />
    public int[] Next(int size)
    {
        if (_order.Length == 0)
        {
            return [];
        }

        var batch = new int[size];
        for (var i = 0; i < size; i++)
        {
            if (_position >= _order.Length)
            {
                random.Shuffle(_order.AsSpan());
                _position = 0;
            }

            batch[i] = _order[_position++];
        }

        return batch;
    }
}
