using SafeMedLabel.EndToEnd;
using Xunit.Sdk;
using Xunit.v3;

// A browser test waits, for pages, polls and workers, three times as long as it computes.
[assembly: Parallelization(MaxThreads = 4)]
[assembly: TestCollectionOrderer(typeof(LongestFirst))]

namespace SafeMedLabel.EndToEnd;

/// <summary>Begins with what takes minutes, so that it does not go on alone when all else is done.</summary>
public sealed class LongestFirst : ITestCollectionOrderer
{
    private static readonly string[] Long = [nameof(LiveWatchTests), nameof(TheLoopTests), nameof(NeverLostTests), nameof(GridTests)];

    public IReadOnlyCollection<T> OrderTestCollections<T>(IReadOnlyCollection<T> testCollections)
        where T : ITestCollection =>
        [.. testCollections.OrderByDescending(c => Long.Any(name => c.TestCollectionDisplayName.Contains(name, StringComparison.Ordinal)))];
}
