using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Safety;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>
/// How often the pseudo-labels of an epoch were wrong, by what readers said later of images drawn at random from the pool. What the filter lets
/// through is learned from, and nothing else tells how much of it is false.
/// </summary>
/// <param name="Epoch">1-based.</param>
/// <param name="Ledger">The last pseudo-label of each audited image; without weights.</param>
public sealed record AuditedEpoch(int Epoch, FilterLedger Ledger)
{
    /// <summary>Part of the accepted that is wrong; null where none was accepted.</summary>
    public double? AcceptedError => Part(Ledger.AcceptedWrong, Ledger.Accepted);

    /// <summary>Its exact 95 % interval, as if images did not hang together.</summary>
    public RateInterval? AcceptedInterval => Interval(Ledger.AcceptedWrong, Ledger.Accepted);

    /// <summary>Part of those held back that is wrong; null where none was.</summary>
    public double? RejectedError => Part(Ledger.RejectedWrong, Ledger.Rejected);

    /// <summary>Its exact 95 % interval.</summary>
    public RateInterval? RejectedInterval => Interval(Ledger.RejectedWrong, Ledger.Rejected);

    /// <summary>Of a round's epochs; none while no audited image that had a pseudo-label has been read.</summary>
    public static IReadOnlyList<AuditedEpoch> Of(IReadOnlyList<RoundEpoch> epochs, LiveSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return
        [
            .. from epoch in epochs
               let trace = PseudoLabelTrace.FromBytes(epoch.Audited)
               let known = sample.Labelled.Where(i => i.Place < trace.Count)
               let audited = new AuditedEpoch(epoch.Epoch, trace.Against(known.Select(i => (i.Place, i.Label))))
               where audited.Ledger.Judged > 0
               select audited
        ];
    }

    private static double? Part(long wrong, long all) => all == 0 ? null : (double)wrong / all;

    private static RateInterval? Interval(long wrong, long all) => all == 0 ? null : BinomialInterval.ClopperPearson((int)wrong, (int)all);
}
