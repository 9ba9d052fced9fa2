namespace SafeMedLabel.Core.Safety;

/// <summary>What became of pseudo-labels: the number that passed, that each layer stopped, and how many of either were wrong.</summary>
/// <param name="Accepted">Let through by both layers.</param>
/// <param name="Uncertain">Stopped by the first layer, the uncertainty's limit.</param>
/// <param name="Unsure">Stopped by the second layer, the confidence's weight.</param>
/// <param name="WeightSum">Sum of the weights of those let through.</param>
/// <param name="AcceptedWrong">Wrong ones among those let through; 0 where the truth is not known.</param>
/// <param name="RejectedWrong">Wrong ones among those stopped; 0 where the truth is not known.</param>
public readonly record struct FilterLedger(long Accepted, long Uncertain, long Unsure, double WeightSum, long AcceptedWrong, long RejectedWrong)
{
    /// <summary>Stopped by either layer.</summary>
    public long Rejected => Uncertain + Unsure;

    /// <summary>Judged at all.</summary>
    public long Judged => Accepted + Rejected;

    /// <summary>Mean weight of those let through; 0 where there were none.</summary>
    public double MeanWeight => Accepted == 0 ? 0 : WeightSum / Accepted;

    /// <summary>Adds up.</summary>
    public static FilterLedger operator +(FilterLedger a, FilterLedger b) => new(
        a.Accepted + b.Accepted, a.Uncertain + b.Uncertain, a.Unsure + b.Unsure, a.WeightSum + b.WeightSum, a.AcceptedWrong + b.AcceptedWrong, a.RejectedWrong + b.RejectedWrong);

    /// <summary>As the operator.</summary>
    public FilterLedger Add(FilterLedger other) => this + other;
}
