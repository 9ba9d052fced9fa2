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
        var include = new Option<bool>("--include-training") { Description = "Measure also on what the model was trained on, and say so with every figure." };
        var arithmetic = new Option<string>("--arithmetic") { Description = "What the network computes in, to see what a faster type changes.", DefaultValueFactory = _ => "float32" };
        arithmetic.AcceptOnlyFromAmong([.. Arithmetic.Types.Keys]);
        var threads = CommonOptions.Threads();
        var command = new Command("evaluate", "Measure a model on the images and patients that it was not trained on.")
        {
            model, hash, data, include, arithmetic, threads,
        };
        CommandRunner.SetAction(command, (parsed, runner, cancellationToken) => RunAsync(
            parsed.GetRequiredValue(model), parsed.GetValue(hash), parsed.GetRequiredValue(data), parsed.GetValue(include),
            Arithmetic.Types[parsed.GetValue(arithmetic)!], parsed.GetValue(threads), runner, cancellationToken));
        return command;
    }

    private static async Task RunAsync(
        string modelPath, string? hash, string dataPath, bool includesTraining, ScalarType type, int threads, CommandRunner runner,
        CancellationToken cancellationToken)
    {
        Arithmetic.Require(type);
        CommonOptions.UseThreads(threads);
        RegularFile.RequireAt(modelPath);
        var (network, card) = ModelFile.Load(modelPath, hash);
        using var _ = network;
        using var data = await CommonOptions.LoadAsync(dataPath, card.ImageSize, cancellationToken);
        var (rows, training) = Select(card, data, includesTraining);
        using var pixels = new PixelStore(data.PixelPath, data.Size);
        var probabilities = await CommandRunner.WithProgress("Measuring", report => new Predictor(network, pixels, type).Probabilities(rows, cancellationToken));
        var report = EvaluationReport.From(
            new PredictionSet(card.ClassNames.Count, Labels(card, data, rows), probabilities), [.. rows.Select(row => data.Images[row].Patient)]);
        var remark = TestClasses.Problem(report.ClassCounts, card.ClassNames);
        var told = remark is null ? report : null;
        runner.Print(
            new
            {
                n = report.Count,
                report.Patients,
                training,
                remark,
                accuracy = told?.Accuracy,
                accuracyInterval = told?.AccuracyInterval,
                auc = told?.Auc,
                sfr = told?.SilentFailureRate,
                sfrInterval = told?.SilentFailureInterval,
                coverage = told?.Coverage,
                report.Confusion,
                classes = card.ClassNames,
                ece = told?.Ece,
                aurc = told?.Aurc,
            },
            console => Show(console, report, card, training, remark));
    }

    /// <summary>The images that the model was not trained on; with <paramref name="includesTraining"/> all.</summary>
    /// <exception cref="ArgumentException">Nothing is left.</exception>
    private static (int[] Rows, TrainingImages Training) Select(ModelCard card, LoadedDataset data, bool includesTraining)
    {
        // A card of an earlier version names the patients that were held out, of its own data alone.
        var isEarlier = card is { TrainedOn: { IsComplete: false, Learned.Images: 0 }, TestPatients.Count: > 0 } && card.DataHash == data.Hash;
        var heldOut = isEarlier ? card.TestPatients!.ToHashSet(StringComparer.Ordinal) : null;
        bool IsKnown(LoadedImage image) => heldOut is null ? card.TrainedOn.Has(image.ContentHash, image.KnownPatient) : !heldOut.Contains(image.Patient);
        var areKnown = card.TrainedOn.IsComplete || heldOut is not null;
        var (known, strange) = (new List<int>(), new List<int>());
        foreach (var (row, image) in data.Images.Index())
        {
            (IsKnown(image) ? known : strange).Add(row);
        }

        if (includesTraining)
        {
            return ([.. Enumerable.Range(0, data.Images.Count)], new TrainingImages(LeftOut: 0, Included: known.Count, areKnown));
        }

        if (strange.Count == 0)
        {
            throw new ArgumentException(
                $"The model was trained on all {known.Count:n0} images, or on others of their patients: nothing is left to measure it with. "
                + "--include-training measures all the same, and says so with every figure.");
        }

        if (known.Count > 0)
        {
            CommandRunner.Say($"Left out: {known.Count:n0} images that the model was trained on, or whose patients it knows.");
        }

        return ([.. strange], new TrainingImages(LeftOut: known.Count, Included: 0, areKnown));
    }

    /// <summary>The data's classes in the model's order.</summary>
    private static int[] Labels(ModelCard card, LoadedDataset data, int[] rows)
    {
        var order = card.ClassNames.Index().ToDictionary(c => c.Item, c => c.Index, ProjectClass.ComparerOf(card.ClassNames));
        return [.. rows.Select(row => data.ClassNames[data.Images[row].ClassIndex]).Select(name => order.TryGetValue(name, out var index)
            ? index
            : throw new ArgumentException($"The model does not know the class '{name}'; it knows {string.Join(", ", card.ClassNames)}."))];
    }

    private static void Show(IAnsiConsole console, EvaluationReport report, ModelCard card, TrainingImages training, string? remark)
    {
        if (remark is null)
        {
            ShowFigures(console, report, training.Mark);
        }
        else
        {
            console.MarkupLineInterpolated($"{report.Count} images of {report.Patients} patients. {remark}");
        }

        var confusion = new Table { Title = Title(training.Mark) }.AddColumn("Truth \\ predicted").AddColumns([.. card.ClassNames]);
        for (var k = 0; k < card.ClassNames.Count; k++)
        {
            confusion.AddRow([card.ClassNames[k], .. report.Confusion[k].Select(count => $"{count}")]);
        }

        console.Write(confusion);
    }

    private static void ShowFigures(IAnsiConsole console, EvaluationReport report, string? mark)
    {
        var interval = report.AccuracyInterval is { } i ? $" (95 % {i.Low:P2} … {i.High:P2})" : "";
        var marked = mark is null ? "" : $" ({mark})";
        console.MarkupLineInterpolated($"{report.Count} images of {report.Patients} patients{marked}: accuracy [bold]{report.Accuracy:P2}[/]{interval}, AUC [bold]{report.Auc:0.0000}[/], ECE {report.Ece:0.000}, AURC {report.Aurc:0.0000}");
        var thresholds = new Table { Title = Title(mark) }.AddColumns("Threshold", "Silent failures", "95 % over patients", "Coverage");
        foreach (var key in EvaluationReport.Thresholds.Select(EvaluationReport.Key))
        {
            var range = report.SilentFailureInterval.TryGetValue(key, out var r) ? $"{r.Low:P2} … {r.High:P2}" : "–";
            thresholds.AddRow(key, $"{report.SilentFailureRate[key]:P2}", range, $"{report.Coverage[key]:P1}");
        }

        console.Write(thresholds);
    }

    private static TableTitle? Title(string? mark) => mark is null ? null : new TableTitle(mark);

    /// <summary>Images that the model was trained on, or whose patients it knows.</summary>
    /// <param name="LeftOut">Not measured.</param>
    /// <param name="Included">Measured all the same: figures flatter the model.</param>
    /// <param name="AreKnown">False where the model does not say all that it was trained on.</param>
    private sealed record TrainingImages(int LeftOut, int Included, bool AreKnown)
    {
        /// <summary>What must stand beside each figure; null where nothing must.</summary>
        public string? Mark => this switch
        {
            { Included: > 0, AreKnown: true } => $"{Included} of them training images",
            { Included: > 0 } => $"{Included} of them training images, and perhaps others: the model does not say all",
            { AreKnown: false } => "may be training images: the model does not say",
            _ => null,
        };
    }
}
