using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Evaluation;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>What more labels of the same kind are good for.</summary>
public enum Prospect
{
    /// <summary>There are too few rounds of one recipe to tell.</summary>
    TooFewRounds,

    /// <summary>They lower the silent-failure rate.</summary>
    Helps,

    /// <summary>At best they lower it by less than <see cref="Outlook.Worthwhile"/>.</summary>
    NoLongerHelps,

    /// <summary>The rounds allow of both.</summary>
    Unclear,

    /// <summary>The silent-failure rate has risen with the labels.</summary>
    Harms,
}

/// <summary>What a project's rounds say about its next labels.</summary>
/// <param name="Prospect">In a word.</param>
/// <param name="Rounds">The rounds that it is read from, the oldest first: the latest of one recipe.</param>
/// <param name="More">Labels that it looks ahead.</param>
/// <param name="Change">By how much the silent-failure rate changes with them; null where it cannot be told.</param>
/// <param name="Margin">Half the width of the 95 % interval of that.</param>
public sealed record Outlook(Prospect Prospect, IReadOnlyList<Round> Rounds, int More, double? Change = null, double? Margin = null)
{
    /// <summary>A change of the silent-failure rate that is worth the labels: a tenth of a point.</summary>
    public const double Worthwhile = 0.001;

    /// <summary>Labels to look ahead where a project does not say after how many it trains anew.</summary>
    private const int UsualMore = 300;

    /// <summary>Older rounds say little about the next: a curve is no straight line for ever.</summary>
    private const int MostRounds = 8;

    /// <summary>Reads the outlook from rounds. Only those of the latest one's recipe and threshold compare.</summary>
    /// <param name="rounds">A project's rounds, the newest first.</param>
    /// <param name="newLabels">Labels to look ahead, 1 or more: those after which the project trains anew; null where it does not say.</param>
    public static Outlook Of(IReadOnlyList<Round> rounds, int? newLabels)
    {
        ArgumentNullException.ThrowIfNull(rounds);
        var more = newLabels ?? UsualMore;
        ArgumentOutOfRangeException.ThrowIfLessThan(more, 1);
        var measured = rounds.Where(r => r.State == RoundState.Completed && r.SilentFailureRate is not null).ToList();
        static (string, int, int, Beginning, string?, double) Recipe(Round round) =>
            (round.Method, round.ImageSize, round.Epochs, round.Beginning, round.BeginningFileHash, round.SilentFailureThreshold);
        List<Round> alike = [.. measured.Where(r => Recipe(r) == Recipe(measured[0])).Take(MostRounds).Reverse()];
        if (Curve(alike, r => r.SilentFailureRate) is not { } curve)
        {
            return new Outlook(Prospect.TooFewRounds, alike, more);
        }

        var labels = alike[^1].LabelCount;
        var (change, margin) = curve.Change(labels, labels + more);
        var prospect = (change - margin, change + margin) switch
        {
            ( > 0, _) => Prospect.Harms,
            ( > -Worthwhile, _) => Prospect.NoLongerHelps,
            (_, < 0) => Prospect.Helps,
            _ => Prospect.Unclear,
        };
        return new Outlook(prospect, alike, more, change, margin);
    }

    /// <summary>The learning curve of a measure over <see cref="Rounds"/>; null where they are too few.</summary>
    public LearningCurve? CurveOf(Func<Round, double?> measure) => Curve(Rounds, measure);

    private static LearningCurve? Curve(IEnumerable<Round> rounds, Func<Round, double?> measure) =>
        LearningCurve.Fit([.. from round in rounds let value = measure(round) where value is not null select (round.LabelCount, value.Value)]);
}
