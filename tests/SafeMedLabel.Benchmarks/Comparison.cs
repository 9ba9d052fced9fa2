using System.Diagnostics;

namespace SafeMedLabel.Benchmarks;

/// <summary>The reference way and ours, timed in turn in one process, so that a busy machine slows both; medians.</summary>
/// <param name="ReferenceImagesPerSecond">The reference.</param>
/// <param name="ImagesPerSecond">Ours.</param>
/// <param name="Ratio">How many times faster ours is.</param>
/// <param name="DefaultImagesPerSecond">The reference under the libraries' own settings (<see cref="DefaultSettings"/>).</param>
/// <param name="RatioToDefaults">How many times faster than that ours is.</param>
/// <param name="PeakMemoryMB">The most memory that the process had while it had computed ours alone.</param>
internal sealed record Comparison(
    double ReferenceImagesPerSecond, double ImagesPerSecond, double Ratio, double DefaultImagesPerSecond, double RatioToDefaults, long PeakMemoryMB)
{
    private const int Repeats = 5;

    /// <param name="benchmark">The benchmark's name, by which its reference is run alone.</param>
    /// <param name="images">Images that each way computes.</param>
    /// <param name="reference">The reference.</param>
    /// <param name="ours">Ours.</param>
    public static Comparison Run(string benchmark, int images, Action reference, Action ours)
    {
        // The first call allocates, and compiles.
        ours();
        ours();
        var peak = Process.GetCurrentProcess().PeakWorkingSet64 >> 20;
        reference();
        var (slow, fast) = (new List<double>(), new List<double>());
        for (var i = 0; i < Repeats; i++)
        {
            slow.Add(Seconds(reference));
            fast.Add(Seconds(ours));
        }

        var (slowMedian, fastMedian) = (Median(slow), Median(fast));
        var rate = images / fastMedian;
        var defaultRate = DefaultSettings.ImagesPerSecond(benchmark);
        return new Comparison(
            Math.Round(images / slowMedian, 1), Math.Round(rate, 1), Math.Round(slowMedian / fastMedian, 2), defaultRate, Math.Round(rate / defaultRate, 2), peak);
    }

    /// <summary>How long some work takes: the median of several times, after one that does not count.</summary>
    public static double Seconds(int repeats, Action work)
    {
        work();
        return Median([.. Enumerable.Range(0, repeats).Select(_ => Seconds(work))]);
    }

    private static double Median(List<double> times) => times.Order().ElementAt(times.Count / 2);

    private static double Seconds(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }
}
