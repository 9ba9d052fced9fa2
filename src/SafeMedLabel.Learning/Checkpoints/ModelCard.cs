using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Training;

namespace SafeMedLabel.Learning.Checkpoints;

/// <summary>What must be known of a model to use it and to make it again. Kept as JSON beside the tensors and inside their file.</summary>
public sealed record ModelCard
{
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

    /// <summary>By which logits are divided before the softmax; above 0, 1 for none.</summary>
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

    /// <summary>Version of the program.</summary>
    public required string Software { get; init; }

    /// <summary>When training ended, UTC.</summary>
    public required DateTime CreatedUtc { get; init; }
}
