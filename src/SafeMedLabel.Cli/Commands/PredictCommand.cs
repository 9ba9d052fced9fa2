using System.CommandLine;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Predictions;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Cli.Predictions;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed predict</c>: a class for each image, or the advice to refer it to an expert.</summary>
internal static class PredictCommand
{
    private const int ImagesAtOnce = 256;

    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "The model, .safetensors.", Required = true };
        var threshold = new Option<double?>("--threshold") { Description = "Accept where the probability exceeds this; refer to an expert elsewhere. Left out: the threshold of the model's certificate; without a certificate every image is referred." };
        var hash = CommonOptions.ModelHash();
        var images = new Argument<string[]>("images") { Description = "Image files.", Arity = ArgumentArity.OneOrMore };
        var command = new Command("predict", "Classify images, or say that an expert should look.") { model, hash, threshold, images };
        CommandRunner.SetAction(command, (parsed, runner, cancellationToken) =>
            Task.Run(
                () => Run(
                    parsed.GetRequiredValue(model), parsed.GetValue(hash), parsed.GetValue(threshold), parsed.GetRequiredValue(images), runner, cancellationToken),
                cancellationToken));
        return command;
    }

    private static void Run(string modelPath, string? hash, double? chosen, string[] files, CommandRunner runner, CancellationToken cancellationToken)
    {
        if (chosen is not (null or (>= 0 and < 1)))
        {
            throw new ArgumentException("--threshold lies between 0 and 1.");
        }

        using var model = new ModelReader(modelPath, hash);
        var rule = AcceptanceRule.Of(model.Card.Certificate, chosen);
        var results = files.Chunk(ImagesAtOnce)
            .SelectMany(some => some.Zip(model.Read(some.Select(Decode), cancellationToken), (file, reading) => Judge(file, reading, rule))).ToList();
        runner.Print(results, console =>
        {
            Show(console, results);
            console.WriteLine(Explain(rule, model.Card.Certificate));
        });
    }

    /// <summary>Where the threshold comes from, and what it promises; or why there is none.</summary>
    private static string Explain(AcceptanceRule rule, Certificate? onCard) => rule switch
    {
        { Certificate: { } promise } => $"Accepted above {promise.Threshold:0.####}: silently wrong in at most {promise.LargestRate:0.##%} of the images of patients like the {promise.Patients:n0} whose {promise.Count:n0} images this was found on, with {1 - promise.Doubt:0.##%} confidence (certificate in the model).",
        { Threshold: { } chosen } => $"Accepted above {chosen:0.####}, as asked for: no certificate stands behind it, and nothing is promised.",
        _ when onCard is null => "Every image is referred to an expert: no certificate says above which probability this model's answers may stand; --threshold sets a threshold of your own.",
        _ => "Every image is referred to an expert: the model's certificate is of an early version, which did not count patients, and promises nothing; --threshold sets a threshold of your own.",
    };

    private static DecodedImage Decode(string file)
    {
        try
        {
            return ImageDecoder.Read(FileContent.At(file)).Pixels;
        }
        catch (ImageRejectedException rejected)
        {
            throw new ImageRejectedException($"{file}: {rejected.Message}", rejected);
        }
    }

    private static Prediction Judge(string file, ModelReading reading, AcceptanceRule rule)
    {
        var set = new PredictionSet(reading.Classes.Count, [0], reading.Probabilities.ToArray());
        return new Prediction(
            file,
            reading.Classes[set.Predicted(0)],
            set.Confidence(0),
            reading.Uncertainty,
            rule.Accepts(set, 0) ? "accept" : "refer",
            rule.Threshold,
            rule is { Certificate: not null } ? "certificate" : rule is { Threshold: not null } ? "chosen" : "none",
            rule.Certificate is { } promise ? new Promise(promise.Threshold, promise.LargestRate, 1 - promise.Doubt, promise.Patients, promise.Count) : null);
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

    private sealed record Prediction(
        string File, string Class, double Probability, double Uncertainty, string Decision, double? Threshold, string Basis, Promise? Certificate);

    /// <summary>A certificate as the API shows it.</summary>
    private sealed record Promise(double Threshold, double LargestRate, double Confidence, int Patients, int Images);
}
