using System.Diagnostics;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Networks;

namespace SafeMedLabel.Benchmarks;

/// <summary>Seconds that a round's evidence maps take: of as many images as a round asks about at the most, at 64 and at 128 px.</summary>
internal static class EvidenceBenchmark
{
    public static object Run() => new { Images = RoundRunner.MostAttributed, SecondsAt64 = Seconds(64), SecondsAt128 = Seconds(128) };

    private static double Seconds(int size)
    {
        using var cells = new Cells(RoundRunner.MostAttributed, size);
        using var network = new ResNet18(2, seed: 1);
        using var mapper = new OcclusionMapper(network, cells.Pixels);
        mapper.Map([0], [0]);
        var clock = Stopwatch.StartNew();
        mapper.Map(cells.All, [.. cells.All.Select(_ => 0)]);
        return clock.Elapsed.TotalSeconds;
    }
}
