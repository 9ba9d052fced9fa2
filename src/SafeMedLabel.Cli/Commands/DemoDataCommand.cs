using System.CommandLine;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Cli.Output;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed demo-data</c>: draws synthetic cells for trying and testing.</summary>
internal static class DemoDataCommand
{
    public static Command Create()
    {
        var folder = new Argument<string>("folder") { Description = "Where the images go." };
        var count = new Option<int>("--count") { Description = "Images to draw.", DefaultValueFactory = _ => 600 };
        var seed = new Option<ulong>("--seed") { Description = "The same seed draws the same images.", DefaultValueFactory = _ => 1 };
        var command = new Command("demo-data", "Draw a synthetic data set, for trying and testing only.") { folder, count, seed };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            var (target, images) = (parsed.GetRequiredValue(folder), parsed.GetValue(count));
            var summary = await CommandRunner.WithProgress("Drawing", report => DemoDataset.Write(
                target, images, parsed.GetValue(seed), new DrawingProgress(done => report((double)done / images, "")), cancellationToken));
            runner.Print(summary, console => Spectre.Console.AnsiConsoleExtensions.WriteLine(console, $"Drew {images} synthetic cells into {target}."));
        });
        return command;
    }

    private sealed class DrawingProgress(Action<int> report) : IProgress<int>
    {
        public void Report(int value) => report(value);
    }
}
