using System.Globalization;
using System.Text.Json;
using CsvHelper;
using SafeMedLabel.Application.Files;

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
    /// <param name="recipe">Everything that decides the results but which runs there are: to those more may be added later.</param>
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
        else if (RegularFile.ReadAllText(file) != text)
        {
            throw new IOException($"The folder {path} holds an experiment with other data or options; name another folder.");
        }

        return folder;
    }

    /// <summary>The folder of a run, made when missing.</summary>
    /// <param name="kind">What the run is of: a method, or a way to ask.</param>
    /// <param name="seed">Its seed.</param>
    public string RunFolder(string kind, long seed) =>
        Directory.CreateDirectory(System.IO.Path.Combine(Path, "runs", string.Create(CultureInfo.InvariantCulture, $"{kind}-seed{seed}"))).FullName;

    /// <summary>The result of a finished run, or null.</summary>
    /// <exception cref="JsonException">Its file was altered.</exception>
    public T? Find<T>(string kind, long seed)
        where T : class
    {
        var file = RunFile(kind, seed);
        return File.Exists(file) ? JsonSerializer.Deserialize<T>(RegularFile.ReadAllText(file), Json) : null;
    }

    /// <summary>Keeps the result of a finished run.</summary>
    public void Save<T>(string kind, long seed, T result)
        where T : class => WriteAtomically(RunFile(kind, seed), JsonSerializer.Serialize(result, Json));

    /// <summary>Keeps what a run's model said of the measured images; before the run's result, which says that it is finished.</summary>
    public void SaveImages(string method, long seed, IReadOnlyList<TestedImage> images)
    {
        using var text = new StreamWriter(PredictionFile(method, seed));
        using var csv = new CsvWriter(text, CultureInfo.InvariantCulture);
        csv.WriteRecords(images);
    }

    /// <summary>What a finished run's model said of the measured images.</summary>
    public IReadOnlyList<TestedImage> Images(string method, long seed)
    {
        using var text = new StreamReader(RegularFile.OpenRead(PredictionFile(method, seed)));
        using var csv = new CsvReader(text, CultureInfo.InvariantCulture);
        return [.. csv.GetRecords<TestedImage>()];
    }

    private string RunFile(string kind, long seed) => System.IO.Path.Combine(RunFolder(kind, seed), "run.json");

    private string PredictionFile(string method, long seed) => System.IO.Path.Combine(RunFolder(method, seed), "predictions.csv");

    private static void WriteAtomically(string path, string text)
    {
        File.WriteAllText(path + ".tmp", text);
        File.Move(path + ".tmp", path, overwrite: true);
    }
}
