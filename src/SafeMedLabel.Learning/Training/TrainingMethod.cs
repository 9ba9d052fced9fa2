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
    private static readonly Dictionary<string, Func<TrainingOptions, TrainingOptions>> ByName = new(StringComparer.Ordinal)
    {
        ["supervised"] = options => options with { Algorithm = AlgorithmKind.Supervised },
        ["fixmatch"] = options => options with { Algorithm = AlgorithmKind.FixMatch },
        ["safemed-ssl"] = options => options,
        ["safemed-ssl-as-coded"] = options => options with
        {
            Algorithm = AlgorithmKind.AsCoded,
            LabelledView = AugmentationKind.None,
            TeacherView = AugmentationKind.None,
            StudentView = AugmentationKind.None,
        },
        ["safemed-ssl-plus"] = options => options with
        {
            LabelledView = AugmentationKind.Moderate,
            TeacherDecay = 0.99,
            RampUp = 0.3,
            AlignDistribution = true,
            Filter = options.Filter with { Limit = FilterLimit.Parse("e0.02"), Measure = UncertaintyMeasure.Doubt },
            Keep = EpochChoice.Last,
            ScaleTemperature = true,
            TestViews = Symmetries.Count,
        },
    };

    private static readonly Dictionary<string, Func<TrainingOptions, string, TrainingOptions>> PieceByName = new(StringComparer.Ordinal)
    {
        ["pretrain"] = (options, value) => options with { PretrainEpochs = (int)Number(value) },
        ["teacher"] = (options, value) => options with { TeacherDecay = Number(value) },
        ["limit"] = (options, value) => options with { Filter = options.Filter with { Limit = FilterLimit.Parse(value) } },
        ["measure"] = (options, value) => options with { Filter = options.Filter with { Measure = OneOf<UncertaintyMeasure>(value) } },
        ["weight"] = (options, value) => options with { Filter = options.Filter with { HardWeight = Choice(value, "hard", "soft") } },
        ["midpoint"] = (options, value) => options with { Filter = options.Filter with { ConfidenceMidpoint = Number(value) } },
        ["align"] = (options, value) => options with { AlignDistribution = Choice(value, "on", "off") },
        ["balance"] = (options, value) => options with { BalancedClasses = Choice(value, "on", "off") },
        ["lambda"] = (options, value) => options with { UnlabelledWeight = Number(value) },
        ["ramp"] = (options, value) => options with { RampUp = Number(value) },
        ["labelled"] = (options, value) => options with { LabelledView = OneOf<AugmentationKind>(value) },
        ["student"] = (options, value) => options with { StudentView = OneOf<AugmentationKind>(value) },
        ["schedule"] = (options, value) => options with { CosineSchedule = Choice(value, "cosine", "constant") },
        ["keep"] = (options, value) => options with { Keep = OneOf<EpochChoice>(value) },
        ["patience"] = (options, value) => options with { Patience = (int)Number(value) },
        ["views"] = (options, value) => options with { TestViews = (int)Number(value) },
        ["temperature"] = (options, value) => options with { ScaleTemperature = Choice(value, "on", "off") },
    };

    /// <summary>The methods' names.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. ByName.Keys];

    /// <summary>The pieces' names.</summary>
    public static IReadOnlyList<string> Pieces { get; } = [.. PieceByName.Keys];

    /// <summary>The options of a method, NAME or NAME+PIECE=VALUE+…; what neither decides is as in <paramref name="options"/>.</summary>
    /// <exception cref="ArgumentException">One sentence: there is no such method or piece, or a value is none.</exception>
    public static TrainingOptions Parse(string method, TrainingOptions options)
    {
        ArgumentNullException.ThrowIfNull(method);
        ArgumentNullException.ThrowIfNull(options);
        var parts = method.Split('+');
        if (!ByName.TryGetValue(parts[0], out var apply))
        {
            throw new ArgumentException($"There is no method '{parts[0]}'; there are {string.Join(", ", Names)}.");
        }

        options = parts.Skip(1).Aggregate(apply(options with { Method = method }), Apply);
        options.Validate();
        return options;
    }

    /// <summary>The method without its pieces.</summary>
    public static string NameOf(string method) => method.Split('+')[0];

    private static TrainingOptions Apply(TrainingOptions options, string piece)
    {
        var (name, value) = piece.Split('=', 2) is [var n, var v] ? (n, v) : (piece, "");
        if (!PieceByName.TryGetValue(name, out var apply))
        {
            throw new ArgumentException($"There is no piece '{name}'; there are {string.Join(", ", Pieces)}.");
        }

        try
        {
            return apply(options, value);
        }
        catch (FormatException expected)
        {
            throw new ArgumentException($"The piece {name} takes {expected.Message}, not '{value}'.", expected);
        }
    }

    private static double Number(string value) =>
        double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) ? number : throw new FormatException("a number");

    private static bool Choice(string value, string yes, string no) =>
        value == yes || (value == no ? false : throw new FormatException($"{yes} or {no}"));

    private static T OneOf<T>(string value)
        where T : struct, Enum =>
        Enum.GetValues<T>().Cast<T?>().FirstOrDefault(v => string.Equals($"{v}", value, StringComparison.OrdinalIgnoreCase))
        ?? throw new FormatException(string.Join(", ", Enum.GetNames<T>()).ToLowerInvariant());
}
