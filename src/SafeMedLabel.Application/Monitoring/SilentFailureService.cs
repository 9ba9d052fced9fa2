using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Shows the images that a round's model got wrong without anybody noticing.</summary>
public sealed class SilentFailureService(IDbContextFactory<AppDbContext> contexts, TestSetService tests)
{
    private const int ImagesPerGroup = 6;
    private const int MostGroups = 12;

    /// <summary>
    /// A round's silent failures at its threshold, in groups of look-alikes: the group with the most new ones first, and in each the new ones,
    /// the surest first.
    /// </summary>
    public async Task<IReadOnlyList<IReadOnlyList<SilentFailure>>> ListAsync(RoundDetail detail, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(detail);
        var round = detail.Round;
        if (await tests.ReadAsync(round.Id, cancellationToken) is not { } tested)
        {
            return [];
        }

        int[] failures = [.. SilentlyWrong(tested, round.SilentFailureThreshold)];
        if (failures.Length == 0)
        {
            return [];
        }

        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var before = detail.Before is null ? null : await tests.ReadAsync(detail.Before.Id, cancellationToken);
        HashSet<Guid> known = before is null ? [] : [.. SilentlyWrong(before, round.SilentFailureThreshold).Select(i => before.Ids[i])];
        var doubted = await db.ReferenceDoubts.Where(d => d.ProjectId == round.ProjectId).Select(d => d.ImageId).ToHashSetAsync(cancellationToken);
        var decided = await db.Adjudications.Where(a => a.ProjectId == round.ProjectId).ToDictionaryAsync(a => a.ImageId, a => a.ClassIndex, cancellationToken);
        SilentFailure Describe(int i)
        {
            var id = tested.Ids[i];
            var state = decided.ContainsKey(id) ? ReferenceState.Decided : doubted.Contains(id) ? ReferenceState.Doubted : ReferenceState.Undoubted;
            return new SilentFailure(
                id, tested.Set.Predicted(i), tested.Set.Confidence(i), tested.Uncertainty[i], tested.Set.Label(i), !known.Contains(id), state, decided.GetValueOrDefault(id));
        }

        var groups = LikenessGroups.Of([.. failures.Select(i => tested.Likeness[i])], Math.Clamp(failures.Length / ImagesPerGroup, 1, MostGroups), (ulong)round.Seed);
        return
        [
            .. groups.Select(group => (IReadOnlyList<SilentFailure>)[.. group.Select(place => Describe(failures[place])).OrderByDescending(f => f.IsNew).ThenByDescending(f => f.Confidence)])
                .OrderByDescending(group => group.Count(f => f.IsNew)).ThenByDescending(group => group.Count)
        ];
    }

    private static IEnumerable<int> SilentlyWrong(TestedSet tested, double threshold) => Enumerable.Range(0, tested.Ids.Count).Where(i => tested.Set.IsSilentFailure(i, threshold));
}
