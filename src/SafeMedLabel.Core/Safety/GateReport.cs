using SafeMedLabel.Core.Evaluation;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Core.Safety;

/// <summary>
/// The safety gate's decision about a model, the candidate. Holds plain values, so that it can be stored and read back as JSON.
/// </summary>
/// <param name="Verdict">Pass where every criterion passes, fail where any fails, otherwise insufficient evidence.</param>
/// <param name="Threshold">Of confidence, above which a mistake is silent.</param>
/// <param name="Count">Images of the locked test set.</param>
/// <param name="Patients">Patients they come from.</param>
/// <param name="Criteria">In the order in which they are read.</param>
/// <param name="OnlyCandidate">Images that only the candidate gets silently wrong; null without an active model.</param>
/// <param name="OnlyActive">Images that only the active model gets silently wrong; null without one.</param>
/// <param name="McNemar">p of the exact test on those; null without an active model.</param>
/// <param name="Obstacle">Why the gate stays closed whatever the criteria say; null where nothing stood in the way.</param>
public sealed record GateReport(
    GateVerdict Verdict,
    double Threshold,
    int Count,
    int Patients,
    IReadOnlyList<GateCriterion> Criteria,
    int? OnlyCandidate = null,
    int? OnlyActive = null,
    double? McNemar = null,
    string? Obstacle = null)
{
    /// <summary>Above it a difference is taken for chance.</summary>
    private const double Significance = 0.05;

    /// <summary>A gate that stays closed because something could not be measured; one sentence says what.</summary>
    public static GateReport Closed(double threshold, string obstacle) => new(GateVerdict.InsufficientEvidence, threshold, 0, 0, [], Obstacle: obstacle);

    /// <summary>
    /// Judges a candidate on the locked test set. Each interval is the wider, at either end, of the patient-cluster bootstrap, which knows that
    /// images of one patient err together, and an exact or score interval, which knows how little a few images say. A criterion passes where
    /// its whole interval is on the right side of its limit and fails where the whole is on the wrong side. Worse than the active model is a
    /// candidate only where McNemar's exact test says so too; a candidate that is worse beyond chance fails even within the margin.
    /// </summary>
    /// <param name="candidate">What the candidate says.</param>
    /// <param name="active">What the active model says of the same images; null where there is none.</param>
    /// <param name="patients">Patient of each image.</param>
    /// <param name="threshold">Of confidence.</param>
    /// <param name="limits">The project's.</param>
    /// <param name="seed">Of the bootstrap.</param>
    /// <exception cref="ArgumentException">The sets are not about the same images, or there are none.</exception>
    public static GateReport Judge(
        PredictionSet candidate, PredictionSet? active, IReadOnlyList<string> patients, double threshold, GateLimits limits, ulong seed = 0)
    {
        ArgumentNullException.ThrowIfNull(candidate);
        ArgumentNullException.ThrowIfNull(patients);
        ArgumentNullException.ThrowIfNull(limits);
        if (candidate.Count == 0 || patients.Count != candidate.Count)
        {
            throw new ArgumentException($"There are {patients.Count} patients' names for {candidate.Count} predictions.", nameof(patients));
        }

        if (active is not null && (active.Count != candidate.Count || Enumerable.Range(0, active.Count).Any(i => active.Label(i) != candidate.Label(i))))
        {
            throw new ArgumentException("The two models were not asked about the same images.", nameof(active));
        }

        int[] all = [.. Enumerable.Range(0, candidate.Count)];
        var criteria = new List<GateCriterion>();
        PairedCounts? pairs = null;
        if (active is not null)
        {
            var difference = PairedDifference.Of(patients, i => candidate.IsSilentFailure(i, threshold), i => active.IsSilentFailure(i, threshold), seed);
            pairs = difference.Counts;
            criteria.Add(NotWorse(difference, limits.Margin));
        }

        ClusteredRate RateOf(int[] images, Func<int, bool> isEvent) => ClusteredRate.Of(images, patients, isEvent, seed);
        criteria.Add(AtMost(GateMeasure.SilentFailureRate, RateOf(all, i => candidate.IsSilentFailure(i, threshold)), limits.LargestSilentFailureRate));
        for (var k = 0; k < candidate.Classes; k++)
        {
            int[] ofClass = [.. all.Where(i => candidate.Label(i) == k)];
            criteria.Add(AtLeast(GateMeasure.Sensitivity, k, RateOf(ofClass, candidate.IsCorrect), limits.SmallestSensitivity));
        }

        criteria.Add(AtLeast(GateMeasure.Coverage, null, RateOf(all, i => candidate.IsCovered(i, threshold)), limits.SmallestCoverage));
        return new GateReport(
            Together(criteria), threshold, all.Length, patients.Distinct(StringComparer.Ordinal).Count(), criteria, pairs?.OnlyFirst, pairs?.OnlySecond, pairs?.McNemar());
    }

    private static GateVerdict Together(IReadOnlyCollection<GateCriterion> criteria) => criteria switch
    {
        _ when criteria.Any(c => c.Verdict == GateVerdict.Fail) => GateVerdict.Fail,
        _ when criteria.All(c => c.Verdict == GateVerdict.Pass) => GateVerdict.Pass,
        _ => GateVerdict.InsufficientEvidence,
    };

    private static GateCriterion NotWorse(PairedDifference difference, double margin)
    {
        var verdict = Outcome(difference.Interval, known => known.Low > 0 && difference.Counts.McNemar() <= Significance, known => known.High <= margin);
        return new GateCriterion(GateMeasure.SilentFailureDifference, null, difference.Counts.Difference, difference.Interval, margin, verdict);
    }

    private static GateCriterion AtMost(GateMeasure measure, ClusteredRate rate, double limit) =>
        new(measure, null, rate.Value, rate.Interval, limit, Outcome(rate.Interval, known => known.Low > limit, known => known.High <= limit));

    private static GateCriterion AtLeast(GateMeasure measure, int? classIndex, ClusteredRate rate, double limit) =>
        new(measure, classIndex, rate.Value, rate.Interval, limit, Outcome(rate.Interval, known => known.High < limit, known => known.Low >= limit));

    private static GateVerdict Outcome(RateInterval? interval, Func<RateInterval, bool> isWrong, Func<RateInterval, bool> isRight) => interval switch
    {
        { } known when isWrong(known) => GateVerdict.Fail,
        { } known when isRight(known) => GateVerdict.Pass,
        _ => GateVerdict.InsufficientEvidence,
    };
}
