using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Algorithms;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Training;

/// <summary>How to train. Together with the data it determines the result: the same options give the same model.</summary>
public sealed record TrainingOptions
{
    /// <summary>Names of the methods that can be trained.</summary>
    public static IReadOnlyList<string> Methods { get; } = ["supervised", "fixmatch", "safemed-ssl"];

    /// <summary>Names of the number formats in which the backbone can compute.</summary>
    public static IReadOnlyList<string> Precisions { get; } = ["float32", "bfloat16"];

    /// <summary>One of <see cref="Methods"/>.</summary>
    public string Method { get; init; } = "safemed-ssl";

    /// <summary>Epochs, 1 or more.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Labelled images a step, and as many unlabelled ones.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>Highest learning rate; reached after a short warm-up, then a half cosine down to nothing.</summary>
    public double LearningRate { get; init; } = 0.03;

    /// <summary>Momentum of SGD.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Weight decay of SGD.</summary>
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>T, the MC-Dropout passes behind a pseudo-label.</summary>
    public int Passes { get; init; } = 10;

    /// <summary>The safety filter's constants.</summary>
    public SafetyFilterOptions Filter { get; init; } = new();

    /// <summary>λ_u.</summary>
    public double UnlabelledWeight { get; init; } = 1;

    /// <summary>
    /// An epoch is one pass over the labelled images, but no fewer steps than this: with forty labels an epoch would
    /// otherwise end before anything was learned.
    /// </summary>
    public int MinimumSteps { get; init; } = 48;

    /// <summary>
    /// One of <see cref="Precisions"/>: bfloat16 is faster on processors that have it, and rounds what float32 keeps. Weights and
    /// losses are float32 in either.
    /// </summary>
    public string Precision { get; init; } = "float32";

    /// <summary>Seed of everything random.</summary>
    public long Seed { get; init; }

    /// <summary>Throws when something is out of its range.</summary>
    /// <exception cref="ArgumentException">One sentence.</exception>
    public void Validate()
    {
        var problem = this switch
        {
            { Method: var method } when !Methods.Contains(method) => $"There is no method '{method}'; there are {string.Join(", ", Methods)}.",
            { Precision: var precision } when !Precisions.Contains(precision) => $"There is no precision '{precision}'; there are {string.Join(", ", Precisions)}.",
            { Epochs: < 1 } => "A training has at least one epoch.",
            { BatchSize: < 2 } => "A batch has at least two images.",
            { LearningRate: not (> 0 and <= 10) } => "The learning rate lies above 0 and not above 10.",
            { Momentum: not (>= 0 and < 1) } => "The momentum lies between 0 and below 1.",
            { WeightDecay: not (>= 0 and <= 1) } => "The weight decay lies between 0 and 1.",
            { Filter.UncertaintyLimit: not >= 0 } => "The filter's limit of uncertainty is 0 or more.",
            { Filter.Gamma: not (>= 0 and <= 100) } => "The filter's steepness lies between 0 and 100.",
            { Filter.ConfidenceMidpoint: not (>= 0 and <= 1) } => "The filter's confidence of one half lies between 0 and 1.",
            { Passes: < 2 } => "A variance needs at least two passes.",
            { UnlabelledWeight: not (>= 0 and <= 1000) } => "The weight of the unlabelled loss lies between 0 and 1000.",
            { MinimumSteps: < 1 } => "An epoch has at least one step.",
            _ => null,
        };
        if (problem is not null)
        {
            throw new ArgumentException(problem);
        }
    }

    internal ScalarType ComputeType => Precision == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;

    internal IAlgorithm CreateAlgorithm() => Method switch
    {
        "supervised" => new SupervisedAlgorithm(),
        "fixmatch" => new FixMatchAlgorithm(),
        _ => new SafeMedSslAlgorithm(Passes, Filter),
    };
}
