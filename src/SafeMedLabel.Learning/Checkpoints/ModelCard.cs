using System.Globalization;
using System.Text.Json.Serialization;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>What must be known of a model to use it and to make it again. Kept as JSON beside the tensors and inside their file.</summary>
public sealed record ModelCard
{
    private const int MaximumClasses = 1000;
    private const int MaximumImageSize = 4096;
    private const int MaximumName = 255;

    /// <summary>Class names in the order of the outputs.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>Side of the images it was trained on.</summary>
    public required int ImageSize { get; init; }

    /// <summary>Training method.</summary>
    public required string Method { get; init; }

    /// <summary>Options of the training, with its seed; null where the model was trained elsewhere.</summary>
    public TrainingOptions? Options { get; init; }

    /// <summary>What the network began with; null for random weights.</summary>
    public string? InitialWeights { get; init; }

    /// <summary>Identifies the data; empty where the model was trained elsewhere.</summary>
    public string DataHash { get; init; } = "";

    /// <summary>Identifies the label snapshot: which images were labelled, and how, and which were for what.</summary>
    public string LabelHash { get; init; } = "";

    /// <summary>Labelled images.</summary>
    public int Labelled { get; init; }

    /// <summary>Unlabelled images.</summary>
    public int Unlabelled { get; init; }

    /// <summary>By which logits are divided before the softmax, 0.05 to 20; 1 for none.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Of how many of an image's symmetries the probabilities are averaged, 1 to 8.</summary>
    public int TestViews { get; init; } = 1;

    /// <summary>By coverage, as "0.90", the confidence above which that fraction of the calibration images lies. Empty without such images.</summary>
    public IReadOnlyDictionary<string, double> Thresholds { get; init; } = new Dictionary<string, double>();

    /// <summary>
    /// The threshold above which the model's mistakes are promised to be rare, and what is promised; null without calibration images, or where
    /// no threshold qualifies.
    /// </summary>
    public Certificate? Certificate { get; init; }

    /// <summary>On the images for choosing among epochs; null where there were none.</summary>
    public ModelMetrics? Validation { get; init; }

    /// <summary>On the images that temperature and thresholds were set on; null where there were none.</summary>
    public ModelMetrics? Calibration { get; init; }

    /// <summary>Patients held out for the test: who evaluates on them measures honestly. Null where not known.</summary>
    public IReadOnlyList<string>? TestPatients { get; init; }

    /// <summary>What it was trained on. Kept beside the card in the model's file, for it is no reading for people.</summary>
    [JsonIgnore]
    public TrainingRecord TrainedOn { get; init; } = TrainingRecord.Unknown;

    /// <summary>Version of the program.</summary>
    public required string Software { get; init; }

    /// <summary>When training ended, UTC.</summary>
    public required DateTime CreatedUtc { get; init; }

    /// <summary>
    /// One sentence about what no training of this program writes; null where there is nothing of the kind. A card is read from a file that anybody
    /// may have written, and its numbers decide what an expert does not look at.
    /// </summary>
    internal string? Problem() => this switch
    {
        { ClassNames.Count: < 2 or > MaximumClasses } => $"it names {ClassNames.Count:n0} classes, not 2 to {MaximumClasses:n0}.",
        _ when ClassNames.Any(name => !IsName(name)) => "a class has no name that can be shown.",
        _ when ClassNames.Distinct(StringComparer.Ordinal).Count() < ClassNames.Count => "two classes have one name.",
        { ImageSize: < 1 or > MaximumImageSize } => $"its images have {ImageSize:n0} pixels a side, not 1 to {MaximumImageSize:n0}.",
        { Temperature: not (>= TemperatureScaling.Lowest and <= TemperatureScaling.Highest) } =>
            $"its temperature is {Temperature:g3}, not {TemperatureScaling.Lowest} to {TemperatureScaling.Highest}.",
        { TestViews: < 1 or > Symmetries.Count } => $"it asks about {TestViews:n0} views of an image, not 1 to {Symmetries.Count}.",
        { Labelled: < 0 } or { Unlabelled: < 0 } => "a number of images lies below 0.",
        _ when Thresholds.Any(t => !IsFraction(t.Value) || !double.TryParse(t.Key, CultureInfo.InvariantCulture, out var coverage) || !IsFraction(coverage)) =>
            "a threshold or its coverage does not lie between 0 and 1.",
        _ when Certificate is { } certificate && !certificate.IsSound() => "no certificate has such numbers.",
        _ when Validation is { IsSound: false } || Calibration is { IsSound: false } => "a measure does not lie in its range.",
        _ when TestPatients is { } patients && patients.Any(patient => patient is null) => "a patient has no name.",
        _ when Options is { } options && OptionsProblem(options) is { } problem => $"of its training it says what cannot be. {problem}",
        _ => null,
    };

    private static bool IsFraction(double value) => value is >= 0 and <= 1;

    private static bool IsName(string? name) => !string.IsNullOrWhiteSpace(name) && name.Length <= MaximumName && !name.Any(char.IsControl);

    private static string? OptionsProblem(TrainingOptions options)
    {
        try
        {
            options.Validate();
            return null;
        }
        catch (ArgumentException wrong)
        {
            return wrong.Message;
        }
    }
}
