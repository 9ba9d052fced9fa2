using System.CommandLine;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
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
        var output = new Option<string>("--out") { Description = "Where the model goes, as .safetensors; its card goes beside it as .json.", Required = true };
        var training = new TrainingArguments(epochs: 12);
        var command = new Command("train", "Train a model. Patients are split; the test patients are named in the model's card and never trained on.")
        {
            data, method, labelled, seed, output,
        };
        training.AddTo(command);
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            var options = training.Options(parsed, parsed.GetRequiredValue(method), parsed.GetValue(seed));
            using var initial = training.Prepare(parsed);
            var path = parsed.GetRequiredValue(output);
            using var loaded = await CommonOptions.LoadAsync(parsed.GetRequiredValue(data), training.Size(parsed), cancellationToken);
            using var pixels = training.Pixels(parsed, loaded);
            var split = new ExperimentSplit(loaded, pixels, options.Seed);
            split.RequireStrange(initial);
            var trainer = new Trainer(options, split.Label(parsed.GetValue(labelled)), initial);
            var (card, epochs) = await CommandRunner.WithProgress("Training", report => Train(trainer, path, loaded.ClassNames, split.TestPatients, report, cancellationToken));
            File.Delete(CheckpointOf(path));
            runner.Print(
                new { model = path, card.Labelled, card.Unlabelled, testPatients = split.TestPatients.Count, card.Temperature, card.Validation, card.Calibration, epochs },
                console => console.MarkupLineInterpolated(
                    $"[green]Trained[/] on {card.Labelled} labelled and {card.Unlabelled} unlabelled images; {split.TestPatients.Count} patients held out. Model: {path}"));
        });
        return command;
    }

    private static (ModelCard Card, List<EpochSummary> Epochs) Train(
        Trainer trainer, string path, IReadOnlyList<string> classNames, IReadOnlyList<string> testPatients, Action<double, string> report, CancellationToken cancellationToken)
    {
        var epochs = new List<EpochSummary>();
        trainer.EpochFinished += epochs.Add;
        trainer.Progressed += step => report(step.Fraction, $"epoch {step.Epoch}/{step.Epochs}, loss {step.Loss:0.000}, {step.ImagesPerSecond:0} images/s");
        using var network = trainer.Train(CheckpointOf(path), cancellationToken);
        var card = trainer.Describe(network, classNames, Software.Version) with { TestPatients = testPatients };
        ModelFile.Save(path, network, card);
        return (card, epochs);
    }

    private static string CheckpointOf(string path) => path + ".checkpoint";
}
