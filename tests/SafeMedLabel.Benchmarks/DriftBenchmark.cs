using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Monitoring;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// How often the watch over colours raises an alarm on real patients: drawn from the same set as the training data, where every alarm is a false one, and with
/// their colours changed as another lamp or stain changes them. What it prints is in docs/statistics.md.
/// </summary>
internal static class DriftBenchmark
{
    private const int Draws = 2000;

    private static readonly (string Name, Func<ImageColour, ImageColour> Change)[] Changes =
    [
        ("as they are", c => c),
        ("5 % less green", c => c with { Green = 0.95 * c.Green }),
        ("10 % less green", c => c with { Green = 0.9 * c.Green }),
        ("20 % less green", c => c with { Green = 0.8 * c.Green }),
        ("20 % darker", c => new ImageColour(0.8 * c.Red, 0.8 * c.Green, 0.8 * c.Blue, 0.8 * c.Contrast)),
    ];

    public static object Run(string? data)
    {
        using var source = DatasetSource.Open(data ?? throw new ArgumentException("drift needs --data."));
        var patients = new DatasetReader(source, PatientPattern.Default).Batches(file => ImageColour.Of(file.Picture.Pixels)).SelectMany(b => b.Images)
            .GroupBy(i => i.Patient, i => i.Derived).OrderBy(p => p.Key, StringComparer.Ordinal).Select(p => Mean([.. p])).ToArray();
        var figures = new Dictionary<string, string> { ["patients"] = $"{patients.Length}" };
        foreach (var (name, change) in Changes)
        {
            foreach (var compared in (int[])[1, 3, 10])
            {
                figures.Add($"{compared} patients, {name}", $"{Alarms(patients, compared, change):0.0 %}");
            }
        }

        return figures;
    }

    /// <summary>Part of the draws with an alarm: some patients against all others.</summary>
    private static double Alarms(ImageColour[] patients, int compared, Func<ImageColour, ImageColour> change)
    {
        var random = new Random(1);
        return Enumerable.Range(0, Draws).Count(_ =>
        {
            var shuffled = (ImageColour[])patients.Clone();
            random.Shuffle(shuffled);
            ImageColour[] drawn = [.. shuffled[..compared].Select(change)];
            return DriftFinding.Compare(q => Of(shuffled[compared..], q), q => Of(drawn, q)).Any(f => f.IsAlarm);
        }) / (double)Draws;
    }

    private static double[] Of(ImageColour[] patients, DriftQuantity quantity) => [.. patients.Select(p => quantity.Of(p)).OfType<double>()];

    private static ImageColour Mean(ImageColour[] images) =>
        new(images.Average(i => i.Red), images.Average(i => i.Green), images.Average(i => i.Blue), images.Average(i => i.Contrast));
}
