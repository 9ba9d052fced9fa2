using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Safety;

/// <summary>What a criterion is about.</summary>
public enum GateMeasure
{
    /// <summary>Silent-failure rate, less the active model's on the same images.</summary>
    SilentFailureDifference,

    /// <summary>Silent-failure rate.</summary>
    SilentFailureRate,

    /// <summary>Part of a class's images that is recognised.</summary>
    Sensitivity,

    /// <summary>Part of all images that is answered.</summary>
    Coverage,
}

/// <summary>One thing that the gate asks of a model.</summary>
/// <param name="Measure">What about.</param>
/// <param name="ClassIndex">The class, of a sensitivity; otherwise null.</param>
/// <param name="Value">As measured; null of a class without images.</param>
/// <param name="Interval">95 %; null with fewer than two patients, where nobody knows.</param>
/// <param name="Limit">What it is held against.</param>
/// <param name="Verdict">The outcome.</param>
public sealed record GateCriterion(GateMeasure Measure, int? ClassIndex, double? Value, RateInterval? Interval, double Limit, GateVerdict Verdict);
