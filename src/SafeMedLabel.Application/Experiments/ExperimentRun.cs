using System.Text.Json.Serialization;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Application.Experiments;

/// <summary>One method trained with one seed and measured on images of that seed's split that it never saw.</summary>
public sealed record ExperimentRun
{
    /// <summary>The method's name, with the pieces by which it differs from what the name stands for.</summary>
    public required string Method { get; init; }

    /// <summary>Seed of split, labels and training.</summary>
    public required long Seed { get; init; }

    /// <summary>Class names in index order.</summary>
    public required IReadOnlyList<string> ClassNames { get; init; }

    /// <summary>Images whose labels the method saw.</summary>
    public required int Labelled { get; init; }

    /// <summary>Images whose labels it did not see.</summary>
    public required int Unlabelled { get; init; }

    /// <summary>Fingerprint of the split: equal for all methods of a seed.</summary>
    public required string SplitHash { get; init; }

    /// <summary>What was measured.</summary>
    public required EvaluationReport Report { get; init; }

    /// <summary>At equal coverage, thresholds set on other images; keys as <see cref="EvaluationReport.Key"/> writes the coverage.</summary>
    public required IReadOnlyDictionary<string, OperatingPoint> AtCoverage { get; init; }

    /// <summary>The filter's ledger of each epoch.</summary>
    public required IReadOnlyList<FilterLedger> Ledgers { get; init; }

    /// <summary>Over all epochs.</summary>
    [JsonIgnore]
    public FilterLedger Ledger => Ledgers.Aggregate((a, b) => a + b);

    /// <summary>The model's temperature; 1 where it was not set.</summary>
    public required double Temperature { get; init; }

    /// <summary>Time of training: of all its epochs, also of those before an interruption.</summary>
    public required double Seconds { get; init; }

    /// <summary>Version of the program.</summary>
    public required string Software { get; init; }

    /// <summary>When it ended, UTC.</summary>
    public required DateTime FinishedUtc { get; init; }
}
