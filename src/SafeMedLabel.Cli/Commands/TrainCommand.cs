using System.CommandLine;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Core.Splitting;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Training;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed train</c>: a model from a folder or archive.</summary>
internal static class TrainCommand
{
    public static Command Create()
    {
        var data = CommonOptions.Data();
        var method = CommonOptions.Method();
        var labelled = new Option<double>("--labelled") { Description = "Fraction of the training images whose labels the method may see, above 0 and up to 1.", DefaultValueFactory = _ => 0.2 };
        var seed = CommonOptions.Seed();
        var epochs = CommonOptions.Epochs(12);
        var size = CommonOptions.Size();
        var precision = CommonOptions.Precision();
        var threads = CommonOptions.Threads();
        var output = new Option<string>("--out") { Description = "Where the model goes, as .safetensors; its card goes beside it as .json.", Required = true };
        var command = new Command("train", "Train a model. Patients are split; the test patients are named in the model's card and never trained on.")
        {
            data, method, labelled, seed, epochs, size, precision, threads, output,
        };
        CommandRunner.SetAction(command, (parsed, runner, cancellationToken) => RunAsync(
            new Request(
                parsed.GetRequiredValue(data), parsed.GetRequiredValue(method), parsed.GetValue(labelled), parsed.GetValue(seed),
                parsed.GetValue(epochs), parsed.GetValue(size), parsed.GetRequiredValue(precision), parsed.GetValue(threads), parsed.GetRequiredValue(output)),
            runner,
            cancellationToken));
        return command;
    }

    private static async Task RunAsync(Request request, CommandRunner runner, CancellationToken cancellationToken)
    {
        if (request.Labelled is not (> 0 and <= 1))
        {
            throw new ArgumentException("--labelled lies above 0 and not above 1.");
        }

        LibTorch.EnsureLoaded(request.Threads > 0 ? request.Threads : Environment.ProcessorCount);
        using var data = await CommonOptions.LoadAsync(request.Data, request.Size, cancellationToken);
        using var pixels = new PixelStore(data.PixelPath, data.Size);
        var split = new ExperimentSplit(data, request.Seed);
        int[] classes = [.. split.Training.Select(row => data.Images[row].ClassIndex)];
        var known = LabelledSubset.Draw(classes, Math.Max(2, (int)Math.Round(request.Labelled * classes.Length)), (ulong)request.Seed).ToHashSet();
        int[] labelled = [.. split.Training.Where((_, i) => known.Contains(i))];
        int[] unlabelled = [.. split.Training.Where((_, i) => !known.Contains(i))];
        int[] ClassesOf(int[] rows) => [.. rows.Select(row => data.Images[row].ClassIndex)];

        var options = new TrainingOptions { Method = request.Method, Epochs = request.Epochs, Precision = request.Precision, Seed = request.Seed };
        var trainer = new Trainer(options, new TrainingData(
            pixels, data.ClassNames.Count, labelled, ClassesOf(labelled), unlabelled, split.Validation, ClassesOf(split.Validation), data.Hash));
        var summaries = new List<EpochSummary>();
        trainer.EpochFinished += summaries.Add;
        var network = await CommandRunner.WithProgress("Training", report =>
        {
            trainer.Progressed += step => report(step.Fraction, $"epoch {step.Epoch}/{step.Epochs}, loss {step.Loss:0.000}, {step.ImagesPerSecond:0} images/s");
            return trainer.Train(request.Output + ".checkpoint", cancellationToken);
        });
        using (network)
        {
            ModelFile.Save(request.Output, network, new ModelCard
            {
                ClassNames = data.ClassNames,
                ImageSize = data.Size,
                Method = options.Method,
                Options = options,
                DataHash = data.Hash,
                Labelled = labelled.Length,
                Unlabelled = unlabelled.Length,
                TestPatients = split.TestPatients,
                Software = Software.Version,
                CreatedUtc = DateTime.UtcNow,
            });
        }

        File.Delete(request.Output + ".checkpoint");
        runner.Print(
            new { model = request.Output, labelled = labelled.Length, unlabelled = unlabelled.Length, testPatients = split.TestPatients.Count, epochs = summaries },
            console => console.MarkupLineInterpolated(
                $"[green]Trained[/] on {labelled.Length} labelled and {unlabelled.Length} unlabelled images; {split.TestPatients.Count} patients held out. Model: {request.Output}"));
    }

    private sealed record Request(string Data, string Method, double Labelled, long Seed, int Epochs, int Size, string Precision, int Threads, string Output);
}
