using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Live;

/// <summary>Shows how a project's live ranking goes.</summary>
public sealed class LiveService(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>Rankings that the curve shows: the newest.</summary>
    private const int Shown = 100;

    /// <summary>How it goes; null where the worker has not begun with it.</summary>
    public async Task<LiveView?> ReadAsync(int projectId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var state = await db.LiveStates.AsNoTracking().FirstOrDefaultAsync(s => s.ProjectId == projectId, cancellationToken);
        if (state is null)
        {
            return null;
        }

        var rankings = await db.LiveRankings.AsNoTracking().Where(r => r.ProjectId == projectId && r.Seconds > 0).OrderByDescending(r => r.Id).Take(Shown).ToListAsync(cancellationToken);
        rankings.Reverse();
        return new LiveView(state, rankings.Find(r => r.Id == state.RankingId), rankings);
    }
}

/// <summary>How a project's live ranking goes.</summary>
/// <param name="State">How far it is.</param>
/// <param name="Current">The ranking whose order the queue has; null while it has a round's, or none.</param>
/// <param name="Rankings">The newest ones, the oldest first.</param>
public sealed record LiveView(LiveState State, LiveRanking? Current, IReadOnlyList<LiveRanking> Rankings);
