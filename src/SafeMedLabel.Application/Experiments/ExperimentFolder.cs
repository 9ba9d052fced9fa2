using System.Globalization;
using System.Text.Json;
using CsvHelper;

namespace SafeMedLabel.Application.Experiments;

/// <summary>
/// An experiment's folder: the recipe in <c>experiment.json</c>, and a folder for each run. A run is finished when its
/// <c>run.json</c> is there, which is written last; so a killed experiment goes on where it was.
/// </summary>
public sealed class ExperimentFolder
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    private ExperimentFolder(string path) => Path = path;

    /// <summary>Where it is.</summary>
    public string Path { get; }

    /// <summary>Makes the folder, or opens that of the same experiment.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="recipe">Everything that decides the results but for methods and seeds, to which more may be added later.</param>
    /// <exception cref="IOException">It holds another experiment, or cannot be written.</exception>
    public static ExperimentFolder Open(string path, object recipe)
    {
        var folder = new ExperimentFolder(Directory.CreateDirectory(path).FullName);
        var file = System.IO.Path.Combine(folder.Path, "experiment.json");
        var text = JsonSerializer.Serialize(recipe, Json);
        if (!File.Exists(file))
        {
            WriteAtomically(file, text);
        }
        else if (File.ReadAllText(file) != text)
        {
            throw new IOException($"The folder {path} holds an experiment with other data or options; name another folder.");
        }

        return folder;
    }

    /// <summary>The folder of a run, made when missing.</summary>
    public string RunFolder(string method, long seed) =>
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "runs", string.Create(CultureInfo.InvariantCulture, $"{method}-seed{seed}"))).FullName;

    /// <summary>A finished run, or null.</summary>
    /// <exception cref="JsonException">Its file was altered.</exception>
    public ExperimentRun? Find(string method, long seed)
    {
        var file = RunFile(method, seed);
        return File.Exists(file) ? JsonSerializer.Deserialize<ExperimentRun>(File.ReadAllText(file), Json) : null;
    }

    /// <summary>Keeps a finished run.</summary>
    public void Save(ExperimentRun run, IReadOnlyList<TestedImage> images)
    {
        using (var text = new StreamWriter(PredictionFile(run.Method, run.Seed)))
        using (var csv = new CsvWriter(text, CultureInfo.InvariantCulture))
        {
            csv.WriteRecords(images);
        }

        WriteAtomically(RunFile(run.Method, run.Seed), JsonSerializer.Serialize(run, Json));
    }

    /// <summary>What a finished run's model said of its test set.</summary>
    public IReadOnlyList<TestedImage> Images(ExperimentRun run)
    {
        using var text = new StreamReader(PredictionFile(run.Method, run.Seed));
        using var csv = new CsvReader(text, CultureInfo.InvariantCulture);
        return [.. csv.GetRecords<TestedImage>()];
    }

    private string RunFile(string method, long seed) => System.IO.Path.Combine(RunFolder(method, seed), "run.json");

    private string PredictionFile(string method, long seed) => System.IO.Path.Combine(RunFolder(method, seed), "predictions.csv");

    private static void WriteAtomically(string path, string text)
    {
        File.WriteAllText(path + ".tmp", text);
        File.Move(path + ".tmp", path, overwrite: true);
    }
}
