using System.Globalization;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Safety;

namespace SafeMedLabel.Web.Model;

/// <summary>Numbers as people read them.</summary>
internal static class Show
{
    /// <summary>Smaller ones are only said to be so.</summary>
    public const double SmallestPValue = 0.0001;

    /// <summary>A fraction as per cent with two decimals, or a dash.</summary>
    public static string Percent(double? fraction) => fraction is { } value ? value.ToString("0.00 %", CultureInfo.InvariantCulture) : "–";

    /// <summary>A difference of two fractions in points, with its sign, or a dash.</summary>
    public static string Points(double? difference) => difference is null ? "–" : $"{BarePoints(difference)} points";

    /// <summary>The same without the word, for a column that has it at its head.</summary>
    public static string BarePoints(double? difference) => difference is { } value ? (100 * value).ToString("+0.00;−0.00;0.00", CultureInfo.InvariantCulture) : "–";

    /// <summary>A p-value to four decimals.</summary>
    public static string PValue(double p) => p < SmallestPValue ? "< 0.0001" : p.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>The confidence that a doubt leaves, as '95 %'.</summary>
    public static string Confidence(double doubt) => (1 - doubt).ToString("0.# %", CultureInfo.InvariantCulture);

    /// <summary>A threshold of confidence, to two decimals.</summary>
    public static string Threshold(double threshold) => EvaluationReport.Key(threshold);

    /// <summary>A threshold that was found rather than chosen, to four decimals.</summary>
    public static string ExactThreshold(double threshold) => threshold.ToString("0.0000", CultureInfo.InvariantCulture);

    /// <summary>A moment, to the minute.</summary>
    public static string Time(DateTime utc) => utc.ToString("yyyy-MM-dd HH:mm", CultureInfo.InvariantCulture);

    /// <summary>A verdict of the gate.</summary>
    public static string Name(GateVerdict verdict) => verdict switch
    {
        GateVerdict.Pass => "pass",
        GateVerdict.Fail => "fail",
        _ => "insufficient evidence",
    };

    /// <summary>Four decimals, or a dash.</summary>
    public static string Auc(double? auc) => auc is { } value ? value.ToString("0.0000", CultureInfo.InvariantCulture) : "–";

    /// <summary>An interval in per cent, or nothing.</summary>
    public static string Interval(double? low, double? high) => low is { } l && high is { } h
        ? string.Create(CultureInfo.InvariantCulture, $"{l * 100:0.00} – {h * 100:0.00}")
        : "";

    /// <summary>Thousands set apart.</summary>
    public static string Count(long? count) => count is { } value ? value.ToString("n0", CultureInfo.InvariantCulture) : "–";

    /// <summary>A file's size, e.g. '12.3 MB'.</summary>
    public static string Size(long bytes)
    {
        var (size, unit) = bytes switch
        {
            < 1_000 => (bytes, "bytes"),
            < 1_000_000 => (bytes / 1e3, "kB"),
            < 1_000_000_000 => (bytes / 1e6, "MB"),
            _ => (bytes / 1e9, "GB"),
        };
        return string.Create(CultureInfo.InvariantCulture, $"{size:0.#} {unit}");
    }

    /// <summary>A count and what is counted, e.g. '1 patient', '1,200 images'.</summary>
    public static string Count(long count, string noun, string? nouns = null) => $"{Count(count)} {(count == 1 ? noun : nouns ?? $"{noun}s")}";

    /// <summary>An acquisition function by the name that the field gives it, and what it means.</summary>
    public static string Name(AcquisitionFunction function) => function switch
    {
        AcquisitionFunction.Bald => "BALD: where the passes disagree",
        AcquisitionFunction.Entropy => "Predictive entropy",
        AcquisitionFunction.Variance => "Variance of the passes",
        AcquisitionFunction.LeastConfidence => "Least confidence: where the model is least sure of its answer",
        AcquisitionFunction.Margin => "Smallest margin",
        _ => "Random order",
    };

    /// <summary>The weights that a project's rounds begin with.</summary>
    public static string Name(Beginning beginning) => beginning switch
    {
        Beginning.ImageNet => "ImageNet's weights",
        Beginning.ActiveModel => "The active model; ImageNet's weights until there is one",
        Beginning.File => "A file",
        _ => "Random weights",
    };

    /// <summary>The weights that a round began with.</summary>
    public static string BeganWith(Round round) => round switch
    {
        { BeginningRound: { } number } => $"Model of round {Count(number)}",
        { BeginningFile: { } name, BeginningFileHash: { } hash } => $"W{WeightsFiles.Describe(name, hash)[1..]}",
        _ => Name(round.Beginning),
    };

    /// <summary>A rule of consensus, as what a label is by it.</summary>
    public static string Name(ConsensusRule rule) => rule switch
    {
        ConsensusRule.Weighted => $"at least {Consensus.EnoughProbability:0 %} probable, readers counting as the images of known class say",
        _ => "what more than half of them say",
    };

    /// <summary>A duration in the unit that suits it.</summary>
    public static string Duration(TimeSpan? span) => span switch
    {
        null => "–",
        { TotalSeconds: < 60 } s => string.Create(CultureInfo.InvariantCulture, $"{s.TotalSeconds:0} s"),
        { TotalMinutes: < 60 } s => string.Create(CultureInfo.InvariantCulture, $"{(int)s.TotalMinutes} min {s.Seconds} s"),
        { } s => string.Create(CultureInfo.InvariantCulture, $"{(int)s.TotalHours} h {s.Minutes} min"),
    };
}
