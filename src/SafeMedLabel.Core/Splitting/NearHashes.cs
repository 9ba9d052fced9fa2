using System.Numerics;

namespace SafeMedLabel.Core.Splitting;

/// <summary>
/// Which of many 64-bit hashes differ in few bits, without comparing each with each: hashes that differ in at most four agree wholly in one of five
/// bands (M. Norouzi, A. Punjani, D. Fleet, <i>Fast Search in Hamming Space with Multi-Index Hashing</i>, CVPR 2012).
/// </summary>
public static class NearHashes
{
    /// <summary>The most bits in which the hashes of a pair differ.</summary>
    public const int MaxDistance = 4;

    /// <summary>Comparisons after which the search ends: seconds. Only pictures that are nearly all the same take so many.</summary>
    private const long MostComparisons = 1_000_000_000;

    private const int MostPairs = 100_000;
    private const int Bands = MaxDistance + 1;

    /// <summary>Positions of all pairs at most <see cref="MaxDistance"/> apart, and whether these are all.</summary>
    public static (IReadOnlyList<(int First, int Second)> Pairs, bool AreAll) Find(IReadOnlyList<long> hashes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(hashes);
        var pairs = new List<(int, int)>();
        var comparisons = 0L;
        var order = new int[hashes.Count];
        var keys = new ulong[hashes.Count];
        for (var band = 0; band < Bands; band++)
        {
            for (var i = 0; i < order.Length; i++)
            {
                (order[i], keys[i]) = (i, Part(hashes[i], band));
            }

            Array.Sort(keys, order);
            for (int start = 0, end; start < order.Length; start = end)
            {
                cancellationToken.ThrowIfCancellationRequested();
                for (end = start + 1; end < order.Length && keys[end] == keys[start];)
                {
                    end++;
                }

                for (var i = start; i < end; i++)
                {
                    comparisons += end - i - 1;
                    if (comparisons > MostComparisons || pairs.Count > MostPairs)
                    {
                        return (pairs, false);
                    }

                    for (var j = i + 1; j < end; j++)
                    {
                        var (first, second) = (hashes[order[i]], hashes[order[j]]);
                        if (BitOperations.PopCount((ulong)(first ^ second)) <= MaxDistance && !AgreeBefore(band, first, second))
                        {
                            pairs.Add((Math.Min(order[i], order[j]), Math.Max(order[i], order[j])));
                        }
                    }
                }
            }
        }

        return (pairs, true);
    }

    private static bool AgreeBefore(int band, long first, long second)
    {
        for (var earlier = 0; earlier < band; earlier++)
        {
            if (Part(first, earlier) == Part(second, earlier))
            {
                return true;
            }
        }

        return false;
    }

    private static ulong Part(long hash, int band)
    {
        var (from, to) = (64 * band / Bands, 64 * (band + 1) / Bands);
        return ((ulong)hash >> from) & ((1UL << (to - from)) - 1);
    }
}
