using System.Globalization;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Learning.Augmentation;

namespace SafeMedLabel.Learning.Training;

/// <summary>
/// The methods by name, and the pieces by which a run may differ from one: "safemed-ssl", "safemed-ssl+limit=0.005",
/// "safemed-ssl-plus+teacher=0+align=off".
/// </summary>
public static class TrainingMethod
{
    /// <summary>The methods' names and what they are.</summary>
    public static IReadOnlyList<MethodDescription> Methods => [.. All.Select(m => m.Description)];

    /// <summary>The pieces' names, the values they take and what they are.</summary>
    public static IReadOnlyList<PieceDescription> Pieces => [.. AllPieces.Select(p => p.Description)];

    private static readonly (MethodDescription Description, Func<TrainingOptions, TrainingOptions> Apply)[] All =
    [
        (new("supervised", "cross-entropy on the labelled images alone"), options => options with { Algorithm = AlgorithmKind.Supervised }),
        (new("fixmatch", "pseudo-labels of a probability of 0.95 or more, loss on strongly changed images (Sohn et al. 2020)"), options => options with { Algorithm = AlgorithmKind.FixMatch }),
        (new("safemed-ssl", "pseudo-labels through the two-layer safety filter, as the paper's figure and text describe it"), options => options),
        (
            new("safemed-ssl-as-coded", "as the paper's published code has it: no augmentation, no teacher"),
            options => options with
            {
                Algorithm = AlgorithmKind.AsCoded,
                LabelledView = AugmentationKind.None,
                TeacherView = AugmentationKind.None,
                StudentView = AugmentationKind.None,
            }),
        (
            new("safemed-ssl-plus", "ours: the filter's limit calibrated on validation, a temperature, the mean over an image's symmetries"),
            options => options with
            {
                LabelledView = AugmentationKind.Moderate,
                TeacherDecay = 0.99,
                Filter = options.Filter with { Limit = FilterLimit.Parse("e0.02"), Measure = UncertaintyMeasure.Doubt },
                Keep = EpochChoice.Last,
                ScaleTemperature = true,
                TestViews = Symmetries.Count,
            }),
    ];

    private static readonly (PieceDescription Description, Func<TrainingOptions, string, TrainingOptions> Apply)[] AllPieces =
    [
        (new("pretrain", "epochs", "self-supervised warm start (SimCLR) on the training images"), (options, value) => options with { PretrainEpochs = (int)Number(value) }),
        (new("labelled", "none, weak, moderate, strong", "how labelled images are changed"), (options, value) => options with { LabelledView = OneOf<AugmentationKind>(value) }),
        (new("student", "none, weak, moderate, strong", "how unlabelled images are changed for their loss"), (options, value) => options with { StudentView = OneOf<AugmentationKind>(value) }),
        (new("balance", "on, off", "as many labelled images of each class in a batch"), (options, value) => options with { BalancedClasses = Choice(value, "on", "off") }),
        (new("teacher", "0 to below 1", "decay of the averaged weights that give the pseudo-labels and are the model; 0 for none"), (options, value) => options with { TeacherDecay = Number(value) }),
        (new("measure", "variance, bald, doubt", "the uncertainty that the filter's first layer goes by"), (options, value) => options with { Filter = options.Filter with { Measure = OneOf<UncertaintyMeasure>(value) } }),
        (new("limit", "off, 0.2, q0.8, e0.02", "its limit: a constant, a quantile of the pool, or the error that validation allows"), (options, value) => options with { Filter = options.Filter with { Limit = FilterLimit.Parse(value) } }),
        (new("weight", "soft, hard", "the second layer: a weight by confidence, or all or nothing"), (options, value) => options with { Filter = options.Filter with { HardWeight = Choice(value, "hard", "soft") } }),
        (new("midpoint", "0 to 1", "the second layer's confidence: weighed one half, or where 'hard' begins"), (options, value) => options with { Filter = options.Filter with { ConfidenceMidpoint = Number(value) } }),
        (new("align", "on, off", "pseudo-labels' class frequencies aligned with the labels'"), (options, value) => options with { AlignDistribution = Choice(value, "on", "off") }),
        (new("lambda", "0 or more", "weight of the unlabelled loss"), (options, value) => options with { UnlabelledWeight = Number(value) }),
        (new("ramp", "0 to 1", "fraction of the training over which that weight rises"), (options, value) => options with { RampUp = Number(value) }),
        (new("rate", "above 0 to 10", "highest learning rate"), (options, value) => options with { LearningRate = Number(value) }),
        (new("backbone-rate", "0 to 1", "the backbone's learning rate as a fraction of the head's"), (options, value) => options with { BackboneRate = Number(value) }),
        (new("norm", "moving, frozen", "batch norm by each batch's statistics, or by those that the training begins with"), (options, value) => options with { FrozenNorm = Choice(value, "frozen", "moving") }),
        (new("schedule", "cosine, constant", "the learning rate after its warm-up"), (options, value) => options with { CosineSchedule = Choice(value, "cosine", "constant") }),
        (new("keep", "mostaccurate, lowestloss, last", "the epoch that is the model, by validation"), (options, value) => options with { Keep = OneOf<EpochChoice>(value) }),
        (new("patience", "epochs", "training ends after so many without a better one; 0 for never"), (options, value) => options with { Patience = (int)Number(value) }),
        (new("views", "1 to 8", "symmetries of an image that the model's probabilities are averaged over"), (options, value) => options with { TestViews = (int)Number(value) }),
        (new("temperature", "on, off", "level of the confidences set on the calibration images"), (options, value) => options with { ScaleTemperature = Choice(value, "on", "off") }),
    ];

    /// <summary>The options of a method, NAME or NAME+PIECE=VALUE+…; what neither decides is as in <paramref name="options"/>.</summary>
    /// <exception cref="ArgumentException">One sentence: there is no such method or piece, or a value is none.</exception>
    public static TrainingOptions Parse(string method, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(options);
        var parts = method.Split('+');
        var apply = All.FirstOrDefault(m => m.Description.Name == parts[0]).Apply
            ?? throw new ArgumentException($"There is no method '{parts[0]}'; there are {string.Join(", ", Methods.Select(m => m.Name))}.");
        options = parts.Skip(1).Aggregate(apply(options with { Method = method }), Apply);
        options.Validate();
        return options;
    }

    private static TrainingOptions Apply(TrainingOptions options, string piece)
    {
        var (name, value) = piece.Split('=', 2) is [var n, var v] ? (n, v) : (piece, "");
        var known = AllPieces.FirstOrDefault(p => p.Description.Name == name);
        var apply = known.Apply ?? throw new ArgumentException($"There is no piece '{name}'; there are {string.Join(", ", Pieces.Select(p => p.Name))}.");
        try
        {
            return apply(options, value);
        }
        catch (FormatException unreadable)
        {
            throw new ArgumentException($"The piece {name} takes {known.Description.Values}, not '{value}'.", unreadable);
        }
    }

    private static double Number(string value) => double.Parse(value, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static bool Choice(string value, string yes, string no) => value == yes || (value == no ? false : throw new FormatException());

    private static T OneOf<T>(string value)
        where T : struct, Enum =>
        Enum.GetValues<T>().Cast<T?>().FirstOrDefault(v => string.Equals($"{v}", value, StringComparison.OrdinalIgnoreCase)) ?? throw new FormatException();
}

/// <summary>A method, for people who choose one.</summary>
/// <param name="Name">As it is typed.</param>
/// <param name="Meaning">What it is.</param>
public sealed record MethodDescription(string Name, string Meaning);

/// <summary>A piece of a method, for people who change one.</summary>
/// <param name="Name">As it is typed.</param>
/// <param name="Values">What it takes.</param>
/// <param name="Meaning">What it is.</param>
public sealed record PieceDescription(string Name, string Values, string Meaning);
