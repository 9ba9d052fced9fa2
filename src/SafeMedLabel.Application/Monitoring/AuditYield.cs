using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>What came of the images that label audits sent for a second reading.</summary>
/// <param name="Sent">Images sent.</param>
/// <param name="Read">Those that have a second reading, or were decided by an adjudicator.</param>
/// <param name="Contradicted">Of these, the ones whose second reading is not the label.</param>
/// <param name="Decided">Those that an adjudicator has decided since.</param>
/// <param name="Wrong">Of these, the ones whose label was wrong.</param>
public sealed record AuditYield(int Sent, int Read, int Contradicted, int Decided, int Wrong)
{
    /// <summary>Exact 95 % interval of the part of second readings that contradict; null where nobody has read.</summary>
    public RateInterval? Interval => Read == 0 ? null : BinomialInterval.ClopperPearson(Contradicted, Read);
}
