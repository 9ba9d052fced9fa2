using System.CommandLine;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed predict</c>: a class for each image, or the advice to refer it to an expert.</summary>
internal static class PredictCommand
{
    private const int Passes = 50;
    private const double UncertifiedThreshold = 0.95;

    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "The model, .safetensors.", Required = true };
        var threshold = new Option<double?>("--threshold") { Description = "Accept where the probability exceeds this; refer to an expert elsewhere. Left out: the model's certified threshold, or 0.95 where it has none." };
        var images = new Argument<string[]>("images") { Description = "Image files.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("predict", "Classify images, or say that an expert should look.") { model, threshold, images };
        CommandRunner.SetAction(command, (parsed, runner, cancellationToken) =>
            Task.Run(() => Run(parsed.GetRequiredValue(model), parsed.GetValue(threshold), parsed.GetRequiredValue(images), runner, cancellationToken), cancellationToken));
        return command;
    }

    private static void Run(string modelPath, double? chosen, string[] files, CommandRunner runner, CancellationToken cancellationToken)
    {
        if (chosen is not (null or (>= 0 and < 1)))
        {
            throw new ArgumentException("--threshold lies between 0 and 1.");
        }

        var (network, card) = ModelFile.Load(modelPath);
        using var _ = network;
        var certificate = Certificate.Valid(card.Certificate);
        var threshold = chosen ?? certificate?.Threshold ?? UncertifiedThreshold;
        var path = Path.Combine(Path.GetTempPath(), $"safemed-{Guid.NewGuid():n}.pixels");
        try
        {
            using (var file = new PixelFile(path))
            {
                foreach (var image in files)
                {
                    file.Append(ImageResizer.ToTrainingPixels(Decode(image), card.ImageSize));
                }

                file.Complete();
            }

            using var pixels = new PixelStore(path, card.ImageSize);
            int[] rows = [.. Enumerable.Range(0, files.Length)];
            var predictor = new Predictor(network, pixels);
            var (classes, width) = (network.Classes, Passes * network.Classes);
            var probabilities = predictor.Probabilities(rows, cancellationToken);
            var passes = predictor.StochasticPasses(rows, Passes, seed: 0, cancellationToken: cancellationToken);
            var results = files.Select((file, i) => Judge(file, probabilities.AsSpan(i * classes, classes), passes.AsSpan(i * width, width), card, threshold)).ToList();
            runner.Print(results, console =>
            {
                Show(console, results);
                console.WriteLine(Basis(chosen, certificate, threshold));
            });
        }
        finally
        {
            File.Delete(path);
        }
    }

    /// <summary>Where the threshold comes from, and what it promises.</summary>
    private static string Basis(double? chosen, Certificate? certificate, double threshold) => (chosen, certificate) switch
    {
        (null, { } promise) => $"Accepted above {threshold:0.####}: silently wrong in at most {promise.LargestRate:0.##%} of the images of patients like the {promise.Patients:n0} whose {promise.Count:n0} images this was found on, with {1 - promise.Doubt:0.##%} confidence (certificate in the model).",
        (null, null) => $"Accepted above {threshold:0.####}, which no certificate stands behind: the model had too few calibration images or patients, or makes too many mistakes.",
        _ => $"Accepted above {threshold:0.####}, as asked for: nothing is promised.",
    };

    private static DecodedImage Decode(string file)
    {
        try
        {
            return ImageDecoder.Decode(File.ReadAllBytes(file));
        }
        catch (ImageRejectedException rejected)
        {
            throw new ImageRejectedException($"{file}: {rejected.Message}", rejected);
        }
    }

    /// <summary>
    /// The class and its probability are those without dropout, as they are measured and as thresholds are set on; the passes tell how
    /// uncertain the model is.
    /// </summary>
    private static Prediction Judge(string file, ReadOnlySpan<double> probabilities, ReadOnlySpan<float> passes, ModelCard card, double threshold)
    {
        var set = new PredictionSet(card.ClassNames.Count, [0], probabilities.ToArray());
        var uncertainty = new StochasticPasses(passes, Passes, card.ClassNames.Count).Uncertainty();
        return new Prediction(file, card.ClassNames[set.Predicted(0)], set.Confidence(0), uncertainty, set.IsCovered(0, threshold) ? "accept" : "refer");
    }

    private static void Show(IAnsiConsole console, List<Prediction> results)
    {
        var table = new Table().AddColumns("File", "Class", "Probability", "Uncertainty", "Decision");
        foreach (var r in results)
        {
            table.AddRow(Markup.Escape(r.File), Markup.Escape(r.Class), $"{r.Probability:0.000}", $"{r.Uncertainty:0.0000}", r.Decision == "accept" ? "accept" : "[yellow]refer[/]");
        }

        console.Write(table);
    }

    private sealed record Prediction(string File, string Class, double Probability, double Uncertainty, string Decision);
}
