using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Acquisition;

namespace SafeMedLabel.Application.Monitoring;

/// <summary>Shows the images that a round's model got wrong without anybody noticing.</summary>
public sealed class SilentFailureService(IDbContextFactory<AppDbContext> contexts, TestSetService tests, LiveCheckService liveChecks)
{
    private const int ImagesPerGroup = 6;
    private const int MostGroups = 12;
    private const int Unreadable = -1;

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
        byte[] none = [];
        var attributed = await db.TestPredictions.Where(p => p.RoundId == round.Id && p.Attribution != none).Select(p => p.ImageId).ToHashSetAsync(cancellationToken);
        SilentFailure Describe(int i)
        {
            var id = tested.Ids[i];
            var state = decided.ContainsKey(id) ? ReferenceState.Decided : doubted.Contains(id) ? ReferenceState.Doubted : ReferenceState.Undoubted;
            return new SilentFailure(
                id, tested.Set.Predicted(i), tested.Set.Confidence(i), tested.Uncertainty[i], tested.Set.Label(i), !known.Contains(id), attributed.Contains(id), state, decided.GetValueOrDefault(id));
        }

        var groups = LikenessGroups.Of([.. failures.Select(i => tested.Likeness[i])], Math.Clamp(failures.Length / ImagesPerGroup, 1, MostGroups), (ulong)round.Seed);
        return
        [
            .. groups.Select(group => (IReadOnlyList<SilentFailure>)[.. group.Select(place => Describe(failures[place])).OrderByDescending(f => f.IsNew).ThenByDescending(f => f.Confidence)])
                .OrderByDescending(group => group.Count(f => f.IsNew)).ThenByDescending(group => group.Count)
        ];
    }

    /// <summary>A veil over an image that leaves bare what the round's model saw its evidence in, a PNG to be stretched over it; null where that is not known.</summary>
    public async Task<byte[]?> AttributionAsync(int roundId, Guid imageId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var map = await db.TestPredictions.Where(p => p.RoundId == roundId && p.ImageId == imageId).Select(p => p.Attribution).FirstOrDefaultAsync(cancellationToken);
        return map is { Length: > 0 } ? AttributionPicture.ToVeilPng(map) : null;
    }

    /// <summary>The silent failures that readers have found among images drawn at random from the pool that the round ranked, the newest first.</summary>
    public async Task<IReadOnlyList<LiveFailure>> ListLiveAsync(Round round, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(round);
        var failures = (await liveChecks.SampleAsync(round, cancellationToken)).Labelled.Where(i => i.IsSilentFailure(round.SilentFailureThreshold)).ToList();
        var images = failures.Select(f => f.Prediction.ImageId).ToList();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var answers = (await (from answer in db.Answers
                              join given in db.LabelEvents on answer.EventId equals given.Id
                              where images.Contains(answer.ImageId) && answer.Kind != AnswerKind.Skip
                              select new { answer.ImageId, answer.ClassIndex, answer.EventId, given.AtUtc }).ToListAsync(cancellationToken)).ToLookup(a => a.ImageId);
        return
        [
            .. failures.OrderByDescending(f => answers[f.Prediction.ImageId].Max(a => a.EventId)).Select(f => new LiveFailure(
                f,
                [.. answers[f.Prediction.ImageId].CountBy(a => a.ClassIndex ?? Unreadable).OrderByDescending(c => c.Value).Select(c => (c.Key == Unreadable ? (int?)null : c.Key, c.Value))],
                answers[f.Prediction.ImageId].Max(a => a.AtUtc)))
        ];
    }

    private static IEnumerable<int> SilentlyWrong(TestedSet tested, double threshold) => Enumerable.Range(0, tested.Ids.Count).Where(i => tested.Set.IsSilentFailure(i, threshold));
}
