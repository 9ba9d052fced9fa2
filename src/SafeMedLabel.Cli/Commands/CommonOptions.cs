using System.CommandLine;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Cli.Commands;

/// <summary>Options that several verbs have, and the data they name.</summary>
internal static class CommonOptions
{
    /// <summary>Folder or archive of class folders.</summary>
    public static Option<string> Data() => new("--data") { Description = "Folder or zip with one folder per class.", Required = true };

    /// <summary>Side of the training pixels.</summary>
    public static Option<int> Size()
    {
        var size = new Option<int>("--size") { Description = "Side of the images in pixels: 64, 96 or 128.", DefaultValueFactory = _ => 64 };
        size.Validators.Add(result =>
        {
            if (!ProjectSettings.ImageSizes.Contains(result.GetValue(size)))
            {
                result.AddError("--size is 64, 96 or 128.");
            }
        });
        return size;
    }

    /// <summary>Seed of split, labels and training.</summary>
    public static Option<long> Seed() => new("--seed") { Description = "Seed of split, labels and training.", DefaultValueFactory = _ => 0 };

    /// <summary>Fraction of the labels that a method may see.</summary>
    public static Option<double> Labelled() => new("--labelled")
    {
        Description = "Fraction of the training images whose labels the method may see, above 0 and up to 1.",
        DefaultValueFactory = _ => 0.2,
    };

    /// <summary>Epochs.</summary>
    public static Option<int> Epochs(int byDefault) => new("--epochs") { Description = "Epochs to train.", DefaultValueFactory = _ => byDefault };

    /// <summary>Number format of training.</summary>
    public static Option<string> Precision()
    {
        var precision = new Option<string>("--precision")
        {
            Description = "Number format of the convolutions: bfloat16 is faster on processors that have it, and rounds more.",
            DefaultValueFactory = _ => "float32",
        };
        precision.AcceptOnlyFromAmong([.. TrainingOptions.Precisions]);
        return precision;
    }

    /// <summary>Fewest steps an epoch.</summary>
    public static Option<int> MinimumSteps() => new("--minimum-steps")
    {
        Description = "Fewest steps an epoch has, however few labels there are.",
        DefaultValueFactory = _ => new TrainingOptions().MinimumSteps,
    };

    /// <summary>Training method.</summary>
    public static Option<string> Method()
    {
        var method = new Option<string>("--method") { Description = "Training method.", DefaultValueFactory = _ => "safemed-ssl" };
        method.AcceptOnlyFromAmong([.. TrainingOptions.Methods]);
        return method;
    }

    /// <summary>Threads to compute with.</summary>
    public static Option<int> Threads() => new("--threads") { Description = "Threads to compute with; 0 for all cores.", DefaultValueFactory = _ => 0 };

    /// <summary>Loads a data set under a progress bar and says what was left out.</summary>
    public static async Task<LoadedDataset> LoadAsync(string path, int size, CancellationToken cancellationToken)
    {
        var data = await CommandRunner.WithProgress("Reading images", report =>
            LoadedDataset.Load(path, size, new Reporter(fraction => report(fraction, "")), cancellationToken));
        foreach (var rejected in data.Rejected.Take(10))
        {
            CommandRunner.Say($"left out {rejected.Path}: {rejected.Reason}");
        }

        if (data.Rejected.Count > 10)
        {
            CommandRunner.Say($"… and {data.Rejected.Count - 10} more files.");
        }

        if (data.IsSynthetic)
        {
            CommandRunner.Say("These images are synthetic: figures on them say nothing about patients.");
        }

        return data;
    }

    /// <summary>Reports at once, on the thread that reports.</summary>
    internal sealed class Reporter(Action<double> report) : IProgress<double>
    {
        public void Report(double value) => report(value);
    }
}
