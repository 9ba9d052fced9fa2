using System.CommandLine;
using SafeMedLabel.Application.Experiments;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Learning.Data;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed simulate</c>: the active-learning loop with the known labels as the reader.</summary>
internal static class SimulateCommand
{
    public static Command Create()
    {
        var data = CommonOptions.Data();
        var rounds = new Option<int>("--rounds") { Description = "Rounds to run.", DefaultValueFactory = _ => 5 };
        var initial = new Option<int>("--initial") { Description = "Labels before the first round, drawn at random by class.", DefaultValueFactory = _ => 40 };
        var query = new Option<int>("--query") { Description = "Labels that each further round asks for.", DefaultValueFactory = _ => 20 };
        var acquisition = new Option<string>("--acquisition")
        {
            Description = $"How labels are asked for; several, separated by commas, run side by side. There are {string.Join(", ", Query.Names)}; with power- before it, a batch is drawn with chances that grow with the score, so that it is no row of look-alikes. With live- before that, labels are asked for ten at a time, and the network's last layers are trained anew after each ten. With typical- before it all, the first labels are of the most typical image of each group of look-alikes, told apart by the weights that the training begins with (--weights or --pretrain), rather than random ones.",
            DefaultValueFactory = _ => "least-confidence",
        };
        var seeds = CommonOptions.Seeds("0");
        var method = CommonOptions.Method();
        var frozen = new Option<bool>("--frozen") { Description = "Train only the network's last layers, as the queue of a project does between two rounds. Method and epochs then do not matter." };
        var output = new Option<string?>("--out") { Description = "Folder for the curves, table and figures. Finished loops in it are kept." };
        var training = new TrainingArguments(epochs: 6);
        var command = new Command("simulate", "Run the active-learning loop with the known labels as the reader.")
        {
            data, rounds, initial, query, acquisition, seeds, method, frozen, output,
        };
        training.AddTo(command);
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            Query[] queries = [.. CommonOptions.List(parsed.GetRequiredValue(acquisition)).Select(Query.Parse)];
            var loop = new LoopOptions(parsed.GetValue(rounds), parsed.GetValue(initial), parsed.GetValue(query));
            var (name, numbers) = (parsed.GetRequiredValue(method), CommonOptions.ParseSeeds(parsed.GetRequiredValue(seeds)));
            loop.Validate();
            if (queries.Length == 0 || numbers.Count == 0)
            {
                throw new ArgumentException("A simulation has at least one way to ask and one seed.");
            }

            var common = training.Options(parsed, name, numbers.Min);
            using var weights = training.Prepare(parsed);
            using var loaded = await CommonOptions.LoadAsync(parsed.GetRequiredValue(data), training.Size(parsed), cancellationToken);
            using var pixels = training.Pixels(parsed, loaded);
            var recipe = new { Data = loaded.Hash, loaded.Size, Loop = loop, Frozen = parsed.GetValue(frozen), InitialWeights = weights?.Hash, Training = common with { Seed = 0 } };
            var folder = parsed.GetValue(output) is { } path ? ExperimentFolder.Open(path, recipe) : null;
            var all = await CommandRunner.WithProgress("Simulating", report =>
            {
                var done = new List<SimulatedRound>();
                foreach (var (place, seed) in numbers.Index())
                {
                    void Report(double part, string text) => report((place + part) / numbers.Count, $"seed {seed}, {text}");
                    var options = common with { Seed = seed };
                    var kept = queries.Select(asking => folder?.Find<List<SimulatedRound>>(asking.Name, seed)).ToList();
                    using var begun = kept.Contains(null) ? Simulation.Pretrain(loaded, pixels, options, text => Report(0, text), cancellationToken) : null;
                    foreach (var (position, asking) in queries.Index())
                    {
                        var curve = kept[position] ?? new Simulation(loaded, pixels, options, begun ?? weights, loop, asking, parsed.GetValue(frozen))
                            .Run((fraction, text) => Report((position + fraction) / queries.Length, $"{asking.Name}, {text}"), cancellationToken);
                        folder?.Save(asking.Name, seed, curve);
                        done.AddRange(curve);
                    }
                }

                return done;
            });
            if (folder is not null)
            {
                new SimulationReport(all).Write(folder.Path, CommonOptions.CommandLine(parsed));
            }

            runner.Print(new { acquisition = queries.Select(q => q.Name), method = name, rounds = all }, console => Show(console, all));
        });
        return command;
    }

    private static void Show(IAnsiConsole console, List<SimulatedRound> rounds)
    {
        var table = new Table().AddColumns("Acquisition", "Seed", "Round", "Labelled", "Patients", "Accuracy", "AUC", "SFR(0.80)", "SFR(0.95)", "Seconds");
        foreach (var r in rounds)
        {
            table.AddRow(
                r.Acquisition, $"{r.Seed}", $"{r.Round}", $"{r.Labelled}", $"{r.LabelledPatients}", $"{r.Accuracy:P2}", $"{r.Auc:0.0000}", $"{r.Sfr["0.80"]:P2}", $"{r.Sfr["0.95"]:P2}", $"{r.Seconds:0}");
        }

        console.Write(table);
    }
}
