using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Core.Statistics;

namespace SafeMedLabel.Application.Labelling;

/// <summary>A reader's label of an image.</summary>
/// <param name="ReaderId">The reader.</param>
/// <param name="ClassIndex">The class.</param>
public readonly record struct Vote(string ReaderId, int ClassIndex);

/// <summary>What several readers' answers come to.</summary>
/// <param name="rule">How.</param>
/// <param name="classes">K.</param>
/// <param name="scores">How readers did on images of known class; who is not there has read none.</param>
public sealed class Consensus(ConsensusRule rule, int classes, IReadOnlyDictionary<string, GoldScore> scores)
{
    /// <summary>A class less probable than this is no label where readers differ: an adjudicator must say.</summary>
    public const double EnoughProbability = 0.9;

    /// <summary>As a project has it, with its readers' scores of now.</summary>
    internal static async Task<Consensus> OfAsync(AppDbContext db, Project project, CancellationToken cancellationToken) =>
        new(project.Consensus, project.Classes.Count, await GoldScore.ReadAsync(db, project.Id, cancellationToken));

    /// <summary>An image's label: what was decided of it (null: that it cannot be read), or else what its readers agree on.</summary>
    public int? Of(Guid imageId, IReadOnlyCollection<Vote> votes, IReadOnlyDictionary<Guid, int?> decisions) =>
        decisions.TryGetValue(imageId, out var decided) ? decided : Of(votes);

    /// <summary>The class that the readers agree on; null where they do not, and an adjudicator must say.</summary>
    public int? Of(IReadOnlyCollection<Vote> votes)
    {
        if (votes.Count == 0)
        {
            return null;
        }

        var most = votes.GroupBy(v => v.ClassIndex).MaxBy(choice => choice.Count())!;
        if (rule == ConsensusRule.Majority || most.Count() == votes.Count)
        {
            return 2 * most.Count() > votes.Count ? most.Key : null;
        }

        var probabilities = WeightedVote.Posterior([.. votes.Select(v => (v.ClassIndex, scores.GetValueOrDefault(v.ReaderId).Reliability))], classes);
        var (probable, probability) = probabilities.Index().MaxBy(p => p.Item);
        return probability >= EnoughProbability ? probable : null;
    }
}
