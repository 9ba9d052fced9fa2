using System.Text.Json.Serialization;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Algorithms;
using SafeMedLabel.Learning.Augmentation;
using SafeMedLabel.Learning.Inference;
using SafeMedLabel.Learning.Native;
using static TorchSharp.torch;

namespace SafeMedLabel.Learning.Training;

/// <summary>
/// How to train. Together with the data it determines the result: the same options give the same model. The defaults are those of
/// SafeMed-SSL as its paper describes it; <see cref="TrainingMethod"/> names others.
/// </summary>
public sealed record TrainingOptions
{
    /// <summary>Names of the number formats in which the backbone can compute.</summary>
    public static IReadOnlyList<string> Precisions { get; } = ["float32", "bfloat16"];

    /// <summary>The fastest of <see cref="Precisions"/> that this machine's processor computes rightly.</summary>
    public static string FastestPrecision => Arithmetic.NameOf(Predictor.FastType);

    /// <summary>The method's name, with the pieces by which it differs from what the name stands for; see <see cref="TrainingMethod.Parse"/>.</summary>
    public string Method { get; init; } = "safemed-ssl";

    /// <summary>How the loss of a step is made.</summary>
    public AlgorithmKind Algorithm { get; init; } = AlgorithmKind.SafeMedSsl;

    /// <summary>Epochs, 1 or more.</summary>
    public int Epochs { get; init; } = 10;

    /// <summary>Labelled images a step, and as many unlabelled ones.</summary>
    public int BatchSize { get; init; } = 32;

    /// <summary>
    /// An epoch is one pass over the labelled images, but no fewer steps than this: with forty labels an epoch would
    /// otherwise end before anything was learned.
    /// </summary>
    public int MinimumSteps { get; init; } = 48;

    /// <summary>Epochs of <see cref="ContrastivePretrainer"/> on all training images, before the first; 0 for none.</summary>
    public int PretrainEpochs { get; init; }

    /// <summary>Highest learning rate, reached after a short warm-up.</summary>
    public double LearningRate { get; init; } = 0.03;

    /// <summary>The backbone's learning rate as a fraction of the head's, 0 to 1.</summary>
    public double BackboneRate { get; init; } = 1;

    /// <summary>Whether batch norm normalises by the statistics that the training begins with, and keeps them; otherwise by each batch's own.</summary>
    public bool FrozenNorm { get; init; }

    /// <summary>Whether the learning rate falls to nothing by a half cosine after its warm-up, or stays.</summary>
    public bool CosineSchedule { get; init; } = true;

    /// <summary>Momentum of SGD.</summary>
    public double Momentum { get; init; } = 0.9;

    /// <summary>Weight decay of SGD.</summary>
    public double WeightDecay { get; init; } = 5e-4;

    /// <summary>How labelled images are changed.</summary>
    public AugmentationKind LabelledView { get; init; } = AugmentationKind.Weak;

    /// <summary>How unlabelled images are changed for their pseudo-label.</summary>
    public AugmentationKind TeacherView { get; init; } = AugmentationKind.Weak;

    /// <summary>How unlabelled images are changed for their loss.</summary>
    public AugmentationKind StudentView { get; init; } = AugmentationKind.Strong;

    /// <summary>Whether each batch has as many labelled images of one class as of another.</summary>
    public bool BalancedClasses { get; init; }

    /// <summary>λ_u.</summary>
    public double UnlabelledWeight { get; init; } = 1;

    /// <summary>Fraction of the training over which λ_u rises from nothing, by exp(−5·(1 − x)²) (Laine &amp; Aila 2017); 0 for none.</summary>
    public double RampUp { get; init; }

    /// <summary>T, the MC-Dropout passes behind a pseudo-label.</summary>
    public int Passes { get; init; } = 10;

    /// <summary>The safety filter.</summary>
    public SafetyFilterOptions Filter { get; init; } = new();

    /// <summary>Whether pseudo-labels' class frequencies are aligned with the labels'; see <see cref="SafeMedSslAlgorithm"/>.</summary>
    public bool AlignDistribution { get; init; }

    /// <summary>
    /// Decay of the teacher, an exponential moving average of the weights that gives the pseudo-labels and is the model in the end
    /// (Tarvainen &amp; Valpola 2017); 0 where the network is its own teacher. Step t averages with no more than (1 + t)/(10 + t).
    /// </summary>
    public double TeacherDecay { get; init; }

    /// <summary>Which epoch's weights are the model.</summary>
    public EpochChoice Keep { get; init; } = EpochChoice.MostAccurate;

    /// <summary>Training ends after so many epochs without one that would rather be kept; 0 for never.</summary>
    public int Patience { get; init; }

    /// <summary>Of how many of an image's symmetries the trained network averages the probabilities, 1 to 8; see <see cref="Symmetries"/>.</summary>
    public int TestViews { get; init; } = 1;

    /// <summary>Whether the confidences' level is set on the calibration images once training has ended (Guo et al. 2017).</summary>
    public bool ScaleTemperature { get; init; }

    /// <summary>
    /// One of <see cref="Precisions"/>: bfloat16 is faster on processors that have it, and rounds what float32 keeps. Weights, losses, and
    /// what is reported of the trained model are float32 in either.
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
            { Precision: var precision } when !Precisions.Contains(precision) => $"There is no precision '{precision}'; there are {string.Join(", ", Precisions)}.",
            { Epochs: < 1 } => "A training has at least one epoch.",
            { BatchSize: < 2 } => "A batch has at least two images.",
            { MinimumSteps: < 1 } => "An epoch has at least one step.",
            { PretrainEpochs: < 0 } => "Pre-training has 0 or more epochs.",
            { LearningRate: not (> 0 and <= 10) } => "The learning rate lies above 0 and not above 10.",
            { BackboneRate: not (>= 0 and <= 1) } => "The backbone's learning rate is a fraction of the head's, 0 to 1.",
            { Momentum: not (>= 0 and < 1) } => "The momentum lies between 0 and below 1.",
            { WeightDecay: not (>= 0 and <= 1) } => "The weight decay lies between 0 and 1.",
            { UnlabelledWeight: not (>= 0 and <= 1000) } => "The weight of the unlabelled loss lies between 0 and 1000.",
            { RampUp: not (>= 0 and <= 1) } => "The unlabelled loss rises over a fraction of the training, 0 to 1.",
            { Passes: < 2 } => "A variance needs at least two passes.",
            { Filter.Limit.IsValid: false } => "The filter's limit of uncertainty is 0 or more; a quantile or a rate of mistakes lies between 0 and 1.",
            { Filter.Gamma: not (>= 0 and <= 100) } => "The filter's steepness lies between 0 and 100.",
            { Filter.ConfidenceMidpoint: not (>= 0 and <= 1) } => "The filter's confidence of one half lies between 0 and 1.",
            { TeacherDecay: not (>= 0 and < 1) } => "The teacher's decay lies between 0 and below 1.",
            { TestViews: < 1 or > Symmetries.Count } => "An image has eight symmetries; the model may be asked about 1 to 8.",
            { Patience: < 0 } => "The patience is a number of epochs, or 0 for never ending early.",
            { Algorithm: AlgorithmKind.AsCoded, Filter.Limit.Kind: not LimitKind.Constant } => "The method as it was coded has a constant limit of uncertainty.",
            _ => null,
        };
        if (problem is not null)
        {
            throw new ArgumentException(problem);
        }
    }

    /// <summary><see cref="Precision"/> as a type.</summary>
    [JsonIgnore]
    public ScalarType ComputeType => Precision == "bfloat16" ? ScalarType.BFloat16 : ScalarType.Float32;

    internal IAlgorithm CreateAlgorithm()
    {
        var views = new Views(LabelledView, TeacherView, StudentView);
        return Algorithm switch
        {
            AlgorithmKind.Supervised => new SupervisedAlgorithm(LabelledView),
            AlgorithmKind.FixMatch => new FixMatchAlgorithm(views),
            AlgorithmKind.AsCoded => new AsCodedAlgorithm(Passes, Filter),
            _ => new SafeMedSslAlgorithm(views, Passes, Filter, AlignDistribution),
        };
    }
}
