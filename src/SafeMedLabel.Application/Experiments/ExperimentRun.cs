using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Application.Experiments;

/// <summary>One method trained with one seed and measured on the test set of that seed's split.</summary>
public sealed record ExperimentRun
{
    /// <summary>The method's name.</summary>
    public required string Method { get; init; }

    /// <summary>Seed of split, labels and training.</summary>
    public required long Seed { get; init; }

    /// <summary>Images whose labels the method saw.</summary>
    public required int Labelled { get; init; }

    /// <summary>Images whose labels it did not see.</summary>
    public required int Unlabelled { get; init; }

    /// <summary>Fingerprint of the split: equal for all methods of a seed.</summary>
    public required string SplitHash { get; init; }

    /// <summary>What was measured.</summary>
    public required EvaluationReport Report { get; init; }

    /// <summary>At equal coverage, thresholds set on the calibration set; keys as <see cref="EvaluationReport.Key"/> writes the coverage.</summary>
    public required IReadOnlyDictionary<string, OperatingPoint> AtCoverage { get; init; }

    /// <summary>Pseudo-labels that the filter let through, over all epochs.</summary>
    public required long Accepted { get; init; }

    /// <summary>Pseudo-labels that it stopped.</summary>
    public required long Rejected { get; init; }

    /// <summary>Time of training: of all its epochs, also of those before an interruption.</summary>
    public required double Seconds { get; init; }

    /// <summary>Version of the program.</summary>
    public required string Software { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public required DateTime FinishedUtc { get; init; }
}
