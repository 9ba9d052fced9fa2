using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>Keeps how each person wants to read.</summary>
public sealed class PreferencesService(IDbContextFactory<AppDbContext> contexts)
{
    /// <summary>A person's preferences; the usual ones where they have chosen none.</summary>
    public async Task<ReaderPreferences> GetAsync(string userId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.ReaderPreferences.AsNoTracking().FirstOrDefaultAsync(p => p.UserId == userId, cancellationToken) ?? new ReaderPreferences { UserId = userId };
    }

    /// <summary>Keeps them; refused with a sentence where they cannot be.</summary>
    public async Task<Result> SaveAsync(ReaderPreferences preferences, CancellationToken cancellationToken = default)
    {
        if (preferences.Problem() is { } problem)
        {
            return Result.Refused(problem);
        }

        return await contexts.ChangeAsync(
            async db =>
            {
                if (await ActorRight.OwnAsync(db, preferences.UserId) is { Succeeded: false } denied)
                {
                    return denied;
                }

                if (await db.ReaderPreferences.FirstOrDefaultAsync(p => p.UserId == preferences.UserId, cancellationToken) is { } kept)
                {
                    db.Entry(kept).CurrentValues.SetValues(preferences);
                }
                else
                {
                    db.ReaderPreferences.Add(preferences);
                }

                return Result.Done;
            },
            cancellationToken);
    }
}
