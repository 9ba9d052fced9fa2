namespace SafeMedLabel.Core.Statistics;

/// <summary>A two-sided 95 % interval of a rate, in [0, 1], or of a difference of two rates, in [−1, 1].</summary>
/// <param name="Low">Lower end.</param>
/// <param name="High">Upper end, not below <paramref name="Low"/>.</param>
public readonly record struct RateInterval(double Low, double High)
{
    /// <summary>The interval between two ends that were stored apart; null where either is unknown.</summary>
    public static RateInterval? Between(double? low, double? high) => low is { } l && high is { } h ? new RateInterval(l, h) : null;

    /// <summary>The wider of two at either end; nothing is known where the patients' share in it, the bootstrap's interval, is not.</summary>
    internal static RateInterval? Wider(RateInterval? bootstrap, RateInterval other) =>
        bootstrap is { } own ? new RateInterval(Math.Min(own.Low, other.Low), Math.Max(own.High, other.High)) : null;
}
