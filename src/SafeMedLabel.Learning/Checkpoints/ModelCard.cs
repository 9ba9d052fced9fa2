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

    /// <summary>Options of the training.</summary>
    public required Training.TrainingOptions Options { get; init; }

    /// <summary>Identifies the data, the split and the labels.</summary>
    public required string DataHash { get; init; }

    /// <summary>Labelled images.</summary>
    public required int Labelled { get; init; }

    /// <summary>Unlabelled images.</summary>
    public required int Unlabelled { get; init; }

    /// <summary>Patients held out for the test: who evaluates on them measures honestly. Null where not known.</summary>
    public IReadOnlyList<string>? TestPatients { get; init; }

    /// <summary>Version of the program.</summary>
    public required string Software { get; init; }

    /// <summary>When training ended, UTC.</summary>
    public required DateTime CreatedUtc { get; init; }
}
