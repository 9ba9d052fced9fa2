using System.CommandLine;
using SafeMedLabel.Cli.Output;
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
        var labelled = CommonOptions.Labelled();
        var seed = CommonOptions.Seed();
        var epochs = CommonOptions.Epochs(12);
        var size = CommonOptions.Size();
        var precision = CommonOptions.Precision();
        var steps = CommonOptions.MinimumSteps();
        var threads = CommonOptions.Threads();
        var output = new Option<string>("--out") { Description = "Where the model goes, as .safetensors; its card goes beside it as .json.", Required = true };
        var command = new Command("train", "Train a model. Patients are split; the test patients are named in the model's card and never trained on.")
        {
            data, method, labelled, seed, epochs, size, precision, steps, threads, output,
        };
        CommandRunner.SetAction(command, (parsed, runner, cancellationToken) => RunAsync(
            new Request(
                parsed.GetRequiredValue(data), parsed.GetRequiredValue(method), parsed.GetValue(labelled), parsed.GetValue(seed),
                parsed.GetValue(epochs), parsed.GetValue(size), parsed.GetRequiredValue(precision), parsed.GetValue(steps), parsed.GetValue(threads), parsed.GetRequiredValue(output)),
            runner,
            cancellationToken));
        return command;
    }

    private static async Task RunAsync(Request request, CommandRunner runner, CancellationToken cancellationToken)
    {
        LibTorch.EnsureLoaded(request.Threads > 0 ? request.Threads : Environment.ProcessorCount);
        using var data = await CommonOptions.LoadAsync(request.Data, request.Size, cancellationToken);
        using var pixels = new PixelStore(data.PixelPath, data.Size);
        var split = new ExperimentSplit(data, request.Seed);
        var training = split.Label(pixels, request.Labelled);
        var options = new TrainingOptions { Method = request.Method, Epochs = request.Epochs, Precision = request.Precision, MinimumSteps = request.MinimumSteps, Seed = request.Seed };
        var trainer = new Trainer(options, training);
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
                Labelled = training.Labelled.Count,
                Unlabelled = training.Unlabelled.Count,
                TestPatients = split.TestPatients,
                Software = Software.Version,
                CreatedUtc = DateTime.UtcNow,
            });
        }

        File.Delete(request.Output + ".checkpoint");
        runner.Print(
            new { model = request.Output, labelled = training.Labelled.Count, unlabelled = training.Unlabelled.Count, testPatients = split.TestPatients.Count, epochs = summaries },
            console => console.MarkupLineInterpolated(
                $"[green]Trained[/] on {training.Labelled.Count} labelled and {training.Unlabelled.Count} unlabelled images; {split.TestPatients.Count} patients held out. Model: {request.Output}"));
    }

    private sealed record Request(string Data, string Method, double Labelled, long Seed, int Epochs, int Size, string Precision, int MinimumSteps, int Threads, string Output);
}
