using System.CommandLine;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Cli.Output;
using SafeMedLabel.Learning.Native;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Cli.Commands;

/// <summary>Options that several verbs have, and the data they name.</summary>
internal static class CommonOptions
{
    /// <summary>The assembly with the database's migrations.</summary>
    public const string Migrations = "SafeMedLabel.Migrations.Sqlite";

    /// <summary>What <see cref="Weights"/> takes for ImageNet's weights.</summary>
    public const string ImageNetWeights = "imagenet";

    /// <summary>What <see cref="Weights"/> takes for random weights.</summary>
    public const string RandomWeights = "random";

    /// <summary>Folder or archive of class folders.</summary>
    public static Option<string> Data() => new("--data") { Description = "Folder or zip with one folder per class.", Required = true };

    /// <summary>A server's storage.</summary>
    public static Option<string> Storage() => new("--storage") { Description = "The folder of the server's setting Storage:Root.", DefaultValueFactory = _ => "data" };

    /// <summary>Opens a storage that <see cref="Storage"/> names and that is there.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static Task<ServiceProvider> OpenStorageAsync(string storage, CancellationToken cancellationToken) =>
        File.Exists(new StorageOptions { Root = storage }.DatabaseFile) ? ImportCommand.OpenAsync(storage, cancellationToken) : throw new ArgumentException($"There is no storage of a server in '{storage}'.");

    /// <summary>Key of the project of a name or number.</summary>
    /// <exception cref="ArgumentException">There is none.</exception>
    public static async Task<int> FindProjectAsync(IServiceProvider services, string project, CancellationToken cancellationToken) =>
        await services.GetRequiredService<ProjectService>().FindAsync(project, cancellationToken) ?? throw new ArgumentException($"There is no project '{project}' in this storage.");

    /// <summary>Seed of split, labels and training.</summary>
    public static Option<long> Seed() => new("--seed") { Description = "Seed of split, labels and training.", DefaultValueFactory = _ => 0 };

    /// <summary>Seeds of several runs.</summary>
    public static Option<string> Seeds(string byDefault) => new("--seeds") { Description = "Seeds, as 0-5 or 0,2,4.", DefaultValueFactory = _ => byDefault };

    /// <summary>Fraction of the labels that a method may see.</summary>
    public static Option<double> Labelled() => new("--labelled")
    {
        Description = "Fraction of the training images whose labels the method may see, above 0 and up to 1.",
        DefaultValueFactory = _ => 0.2,
    };

    /// <summary>Training method.</summary>
    public static Option<string> Method() => new("--method") { Description = $"Training method: {MethodHelp}", DefaultValueFactory = _ => "safemed-ssl" };

    /// <summary>How methods are written.</summary>
    public static string MethodHelp { get; } =
        $"{string.Join(", ", TrainingMethod.Methods.Select(m => m.Name))}. Pieces of it are changed with +PIECE=VALUE, as safemed-ssl+limit=0.005; 'safemed methods' lists them.";

    /// <summary>Side of the images.</summary>
    public static Option<int> Size()
    {
        var size = new Option<int>("--size") { Description = $"Side of the images in pixels: {ProjectSettings.ImageSizesInWords}.", DefaultValueFactory = _ => 64 };
        size.Validators.Add(result =>
        {
            if (!ProjectSettings.ImageSizes.Contains(result.GetValue(size)))
            {
                result.AddError($"--size is {ProjectSettings.ImageSizesInWords}.");
            }
        });
        return size;
    }

    /// <summary>The weights that a training begins with.</summary>
    /// <param name="choices">What it takes, as its description goes on.</param>
    public static Option<string?> Weights(string choices) => new("--weights") { Description = $"Weights to begin with: {choices}" };

    /// <summary>By what a model is known that came from elsewhere.</summary>
    public static Option<string?> ModelHash()
    {
        var hash = new Option<string?>("--sha256")
        {
            Description = "SHA-256 that the model's file must have, as its round's report says it: a model of another is not used.",
        };
        hash.Validators.Add(result =>
        {
            if (result.GetValue(hash) is { } given && (given.Length != 64 || !given.All(char.IsAsciiHexDigit)))
            {
                result.AddError("--sha256 takes all 64 hexadecimal digits.");
            }
        });
        return hash;
    }

    /// <summary>Threads to compute with.</summary>
    public static Option<int> Threads() => new("--threads") { Description = "Threads to compute with; 0 for all cores.", DefaultValueFactory = _ => 0 };

    /// <summary>What is separated by commas, each once.</summary>
    public static string[] List(string text) => [.. text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries).Distinct()];

    /// <summary>Reads what <see cref="Seeds"/> takes.</summary>
    /// <exception cref="ArgumentException">It is no list of seeds.</exception>
    public static SortedSet<long> ParseSeeds(string text)
    {
        var seeds = new SortedSet<long>();
        foreach (var part in List(text))
        {
            long[] ends = [.. part.Split('-').Select(end => long.TryParse(end, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : -1)];
            if (ends.Length > 2 || ends.Contains(-1) || ends[^1] < ends[0] || ends[^1] - ends[0] > 1000)
            {
                throw new ArgumentException($"--seeds takes numbers as 0-5 or 0,2,4, not '{part}'.");
            }

            for (var seed = ends[0]; seed <= ends[^1]; seed++)
            {
                seeds.Add(seed);
            }
        }

        return seeds;
    }

    /// <summary>The command as it can be typed again, with the data's name but not its folder.</summary>
    public static string CommandLine(ParseResult parsed) =>
        "safemed " + string.Join(' ', parsed.Tokens.Select(t => t.Value.Contains(Path.DirectorySeparatorChar) ? Path.GetFileName(Path.TrimEndingDirectorySeparator(t.Value)) : t.Value));

    /// <summary>Loads the native library with the threads that were asked for.</summary>
    public static void UseThreads(int threads) => LibTorch.EnsureLoaded(threads > 0 ? threads : Environment.ProcessorCount);

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

        foreach (var remark in data.Remarks)
        {
            CommandRunner.Say($"Remark: {remark}");
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
