using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>
/// How a round's model does on images drawn at random from the pool that it ranked: an estimate without bias, which a queue of
/// uncertain images cannot give.
/// </summary>
/// <param name="RoundNumber">The round.</param>
/// <param name="Threshold">A mistake is silent above this confidence.</param>
/// <param name="Drawn">Images drawn.</param>
/// <param name="Labelled">Those with a label; the others are not read yet, unreadable or disputed.</param>
/// <param name="Wrong">Labelled ones on which the model is wrong.</param>
/// <param name="Silent">Those of them on which it is sure.</param>
public sealed record LiveCheck(int RoundNumber, double Threshold, int Drawn, int Labelled, int Wrong, int Silent)
{
    /// <summary>Part of the labelled that is silently wrong; null where none is labelled.</summary>
    public double? SilentFailureRate => Labelled == 0 ? null : (double)Silent / Labelled;

    /// <summary>Its exact 95 % interval, as if images did not hang together.</summary>
    public RateInterval? SilentFailureInterval => Labelled == 0 ? null : BinomialInterval.ClopperPearson(Silent, Labelled);

    /// <summary>Part of the labelled that is right.</summary>
    public double? Accuracy => Labelled == 0 ? null : 1 - ((double)Wrong / Labelled);

    /// <summary>Counts.</summary>
    /// <param name="roundNumber">The round.</param>
    /// <param name="threshold">Of confidence.</param>
    /// <param name="sample">Its random sample.</param>
    public static LiveCheck From(int roundNumber, double threshold, LiveSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return new LiveCheck(
            roundNumber,
            threshold,
            sample.Drawn,
            sample.Labelled.Count,
            sample.Labelled.Count(i => i.Prediction.ClassIndex != i.Label),
            sample.Labelled.Count(i => i.IsSilentFailure(threshold)));
    }
}
