using System.CommandLine;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Learning.Checkpoints;
using SafeMedLabel.Learning.Data;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Native;
using Spectre.Console;
using static TorchSharp.torch;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed evaluate</c>: a model measured on labelled images.</summary>
internal static class EvaluateCommand
{
    public static Command Create()
    {
        var model = new Option<string>("--model") { Description = "The model, .safetensors.", Required = true };
        var hash = CommonOptions.ModelHash();
        var data = CommonOptions.Data();
        var all = new Option<bool>("--all-patients") { Description = "Measure on all patients, also on those that the model may have been trained on." };
        var arithmetic = new Option<string>("--arithmetic") { Description = "What the network computes in, to see what a faster type changes.", DefaultValueFactory = _ => "float32" };
        arithmetic.AcceptOnlyFromAmong([.. Arithmetic.Types.Keys]);
        var threads = CommonOptions.Threads();
        var command = new Command("evaluate", "Measure a model. Where it was trained on the same data, only on the patients that were held out for the test.")
        {
            model, hash, data, all, arithmetic, threads,
        };
        CommandRunner.SetAction(command, (parsed, runner, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(model), parsed.GetValue(hash), parsed.GetRequiredValue(data), parsed.GetValue(all),
            Arithmetic.Types[parsed.GetValue(arithmetic)!], parsed.GetValue(threads), runner, cancellationToken));
        return command;
    }

    private static async Task RunAsync(
        string modelPath, string? hash, string dataPath, bool allPatients, ScalarType type, int threads, CommandRunner runner,
        CancellationToken cancellationToken)
    {
        Arithmetic.Require(type);
        CommonOptions.UseThreads(threads);
        RegularFile.RequireAt(modelPath);
        var (network, card) = ModelFile.Load(modelPath, hash);
        using var _ = network;
        using var data = await CommonOptions.LoadAsync(dataPath, card.ImageSize, cancellationToken);
        var rows = Rows(card, data, allPatients);
        using var pixels = new PixelStore(data.PixelPath, data.Size);
        var probabilities = await CommandRunner.WithProgress("Measuring", report => new Predictor(network, pixels, type).Probabilities(rows, cancellationToken));
        var report = EvaluationReport.From(
            new PredictionSet(card.ClassNames.Count, Labels(card, data, rows), probabilities), [.. rows.Select(row => data.Images[row].Patient)]);
        runner.Print(
            new
            {
                n = report.Count,
                report.Patients,
                report.Accuracy,
                report.AccuracyInterval,
                report.Auc,
                sfr = report.SilentFailureRate,
                sfrInterval = report.SilentFailureInterval,
                report.Coverage,
                report.Confusion,
                classes = card.ClassNames,
                report.Ece,
                report.Aurc,
            },
            console => Show(console, report, card));
    }

    private static int[] Rows(ModelCard card, LoadedDataset data, bool allPatients)
    {
        var everyRow = Enumerable.Range(0, data.Images.Count).ToArray();
        if (allPatients || card.DataHash != data.Hash || card.TestPatients is not { Count: > 0 } test)
        {
            return everyRow;
        }

        CommandRunner.Say($"The model was trained on this data: measuring on the {test.Count} patients held out.");
        var held = test.ToHashSet(StringComparer.Ordinal);
        return [.. everyRow.Where(row => held.Contains(data.Images[row].Patient))];
    }

    /// <summary>The data's classes in the model's order.</summary>
    private static int[] Labels(ModelCard card, LoadedDataset data, int[] rows)
    {
        var order = card.ClassNames.Select((name, index) => (name, index)).ToDictionary(c => c.name, c => c.index, StringComparer.Ordinal);
        return [.. rows.Select(row => data.ClassNames[data.Images[row].ClassIndex]).Select(name => order.TryGetValue(name, out var index)
            ? index
            : throw new ArgumentException($"The model does not know the class '{name}'; it knows {string.Join(", ", card.ClassNames)}."))];
    }

    private static void Show(IAnsiConsole console, EvaluationReport report, ModelCard card)
    {
        var interval = report.AccuracyInterval is { } i ? $" (95 % {i.Low:P2} … {i.High:P2})" : "";
        console.MarkupLineInterpolated($"{report.Count} images of {report.Patients} patients: accuracy [bold]{report.Accuracy:P2}[/]{interval}, AUC [bold]{report.Auc:0.0000}[/], ECE {report.Ece:0.000}, AURC {report.Aurc:0.0000}");
        var thresholds = new Table().AddColumns("Threshold", "Silent failures", "95 % over patients", "Coverage");
        foreach (var key in EvaluationReport.Thresholds.Select(EvaluationReport.Key))
        {
            var range = report.SilentFailureInterval.TryGetValue(key, out var r) ? $"{r.Low:P2} … {r.High:P2}" : "–";
            thresholds.AddRow(key, $"{report.SilentFailureRate[key]:P2}", range, $"{report.Coverage[key]:P1}");
        }

        console.Write(thresholds);
        var confusion = new Table().AddColumn("Truth \\ predicted").AddColumns([.. card.ClassNames]);
        for (var k = 0; k < card.ClassNames.Count; k++)
        {
            confusion.AddRow([card.ClassNames[k], .. report.Confusion[k].Select(count => $"{count}")]);
        }

        console.Write(confusion);
    }
}
