using System.Globalization;
using System.Text.Json;
using SafeMedLabel.Benchmarks;
using SafeMedLabel.Learning.Native;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
LibTorch.EnsureLoaded(Environment.ProcessorCount);
var json = args.Contains("--json");
object? figures = args.FirstOrDefault(a => !a.StartsWith('-')) switch
{
    "scoring" => ScoringBenchmark.Run(Value("--model"), Value("--data"), args.Contains("--defaults")),
    "step" => StepBenchmark.Run(args.Contains("--defaults")),
    "pixels" => PixelsBenchmark.Run(),
    "queue" => await QueueBenchmark.RunAsync(),
    "live" => await LiveBenchmark.RunAsync(Number("--images")),
    "page" => await PageBenchmark.RunAsync(),
    "agreement" => await AgreementBenchmark.RunAsync(),
    "reading" => await ReadingBenchmark.RunAsync(),
    "dashboard" => await DashboardBenchmark.RunAsync(),
    "statistics" => StatisticsBenchmark.Run(),
    "import" => await ImportBenchmark.RunAsync(Value("--data"), Number("--images")),
    "evidence" => EvidenceBenchmark.Run(),
    "drift" => DriftBenchmark.Run(Value("--data")),
    "slide" => SlideBenchmark.Run(Value("--data")),
    "round" => RoundBenchmark.Run(Value("--data"), Number("--epochs"), Value("--precision")),
    _ => null,
};
if (figures is null)
{
    Console.Error.WriteLine("Usage: SafeMedLabel.Benchmarks scoring|step|pixels|round|queue|live|page|agreement|reading|dashboard|statistics|import|evidence|drift|slide [--data PATH] [--model MODEL] [--epochs N] [--precision float32|bfloat16] [--images N] [--json]");
    return 1;
}

var text = JsonSerializer.SerializeToElement(figures, JsonSerializerOptions.Web);
Console.WriteLine(json ? text.ToString() : string.Join('\n', text.EnumerateObject().Select(f => $"{f.Name,-28} {f.Value}")));
return 0;

string? Value(string option) => args.SkipWhile(a => a != option).Skip(1).FirstOrDefault();
int? Number(string option) => int.TryParse(Value(option), out var number) ? number : null;
