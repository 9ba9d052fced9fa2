using System.Numerics;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Core.Tests.Splitting;

public sealed class NearHashesTests
{
    [Fact]
    public void All_pairs_that_are_near_are_found_once_and_no_others()
    {
        var random = new Random(1);
        var hashes = new List<long>();
        for (var i = 0; i < 300; i++)
        {
            hashes.Add(random.NextInt64(long.MinValue, long.MaxValue));
            var copy = hashes[^1];
            for (var bit = random.Next(8); bit > 0; bit--)
            {
                copy ^= 1L << random.Next(64);
            }

            hashes.Add(copy);
        }

        var near = from i in Enumerable.Range(0, hashes.Count)
                   from j in Enumerable.Range(i + 1, hashes.Count - i - 1)
                   where BitOperations.PopCount((ulong)(hashes[i] ^ hashes[j])) <= NearHashes.MaxDistance
                   select (i, j);
        var (pairs, areAll) = NearHashes.Find(hashes, TestContext.Current.CancellationToken);
        Assert.True(areAll);
        Assert.Equal(near, pairs.Order());
    }

    [Fact]
    public void Many_equal_hashes_end_the_search_and_it_says_so()
    {
        var (pairs, areAll) = NearHashes.Find(new long[100_000], TestContext.Current.CancellationToken);
        Assert.False(areAll);
        Assert.InRange(pairs.Count, 100_000, 300_000);
    }
}
