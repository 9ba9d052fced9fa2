using System.Globalization;
using System.Text.Json;
using SafeMedLabel.Benchmarks;
using SafeMedLabel.Learning.Native;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
LibTorch.EnsureLoaded(Environment.ProcessorCount);
var json = args.Contains("--json");
object? figures = args.FirstOrDefault(a => !a.StartsWith('-')) switch
{
    "scoring" => ScoringBenchmark.Run(),
    "step" => StepBenchmark.Run(),
    "pixels" => PixelsBenchmark.Run(),
    "round" => RoundBenchmark.Run(args.SkipWhile(a => a != "--data").Skip(1).FirstOrDefault()),
    _ => null,
};
if (figures is null)
{
    Console.Error.WriteLine("Usage: SafeMedLabel.Benchmarks scoring|step|pixels|round [--data PATH] [--json]");
    return 1;
}

var text = JsonSerializer.SerializeToElement(figures, JsonSerializerOptions.Web);
Console.WriteLine(json ? text.ToString() : string.Join('\n', text.EnumerateObject().Select(f => $"{f.Name,-28} {f.Value}")));
return 0;
