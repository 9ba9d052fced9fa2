using System.Diagnostics;
using System.Text.Json;

namespace SafeMedLabel.Benchmarks;

/// <summary>The usual way in a process of its own, whose C library keeps its own rules for memory: what somebody has who changes nothing.</summary>
internal static class DefaultSettings
{
    /// <summary>Runs a benchmark's usual way alone.</summary>
    public static double ImagesPerSecond(string benchmark)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!, [benchmark, "--defaults", "--json"]) { RedirectStandardOutput = true };
        // Its own value, but set: our settings are then left alone.
        start.Environment["MALLOC_ARENA_TEST"] = "8";
        using var process = Process.Start(start)!;
        using var figures = JsonDocument.Parse(process.StandardOutput.ReadToEnd());
        process.WaitForExit();
        return figures.RootElement.GetProperty("imagesPerSecond").GetDouble();
    }
}
