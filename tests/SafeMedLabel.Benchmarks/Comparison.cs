using System.Diagnostics;

namespace SafeMedLabel.Benchmarks;

/// <summary>The reference way and ours, timed in turn in one process, so that a busy machine slows both; medians.</summary>
/// <param name="ReferenceImagesPerSecond">The reference.</param>
/// <param name="ImagesPerSecond">Ours.</param>
/// <param name="Ratio">How many times faster ours is.</param>
internal sealed record Comparison(double ReferenceImagesPerSecond, double ImagesPerSecond, double Ratio)
{
    private const int Repeats = 5;

    public static Comparison Run(int images, Action reference, Action ours)
    {
        // The first call allocates, and compiles.
        reference();
        ours();
        var (slow, fast) = (new List<double>(), new List<double>());
        for (var i = 0; i < Repeats; i++)
        {
            slow.Add(Seconds(reference));
            fast.Add(Seconds(ours));
        }

        var (slowMedian, fastMedian) = (slow.Order().ElementAt(Repeats / 2), fast.Order().ElementAt(Repeats / 2));
        return new Comparison(Math.Round(images / slowMedian, 1), Math.Round(images / fastMedian, 1), Math.Round(slowMedian / fastMedian, 2));
    }

    private static double Seconds(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed.TotalSeconds;
    }
}
