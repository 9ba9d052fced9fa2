using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Auditing;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>Where people are signed in. A session that is ended here is over within a minute.</summary>
public sealed class SessionService(IDbContextFactory<AppDbContext> contexts, TimeProvider time)
{
    /// <summary>A session that is not seen for so long is over.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromHours(12);

    /// <summary>A session ends after so long even where it is in use: a stolen one does not last longer either.</summary>
    public static readonly TimeSpan Longest = TimeSpan.FromDays(7);

    private static readonly TimeSpan SeenIsNoted = TimeSpan.FromMinutes(1);

    /// <summary>Whether an account may come in: it is there, and no admin has disabled it.</summary>
    public async Task<bool> MayComeInAsync(string userId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Users.Where(u => u.Id == userId).Select(u => new { u.LockoutEnd }).FirstOrDefaultAsync(cancellationToken) is { } account
            && !AppUser.IsDisabledUntil(account.LockoutEnd);
    }

    /// <summary>Opens a session, with its entry in the audit trail, and returns its key; forgets those of the person that are over.</summary>
    public async Task<Guid> OpenAsync(string userId, string? userAgent, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow().UtcDateTime;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var goingOn = GoingOn(db, now).Select(s => s.Id);
        await db.UserSessions.Where(s => s.UserId == userId && !goingOn.Contains(s.Id)).ExecuteDeleteAsync(cancellationToken);
        var session = new UserSession
        {
            Id = Guid.NewGuid(),
            UserId = userId,
            Browser = BrowserName.Of(userAgent),
            CreatedUtc = now,
            LastSeenUtc = now,
        };
        db.UserSessions.Add(session);
        db.AuditEntries.Add(AuditDescription.Entry(AuditAction.SignedIn, null, AuditDescription.Account(userId), userId));
        await db.SaveChangesAsync(cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return session.Id;
    }

    /// <summary>Whether a session goes on. Those of a disabled account are over.</summary>
    public async Task<bool> GoesOnAsync(string userId, Guid sessionId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await LastSeenAsync(db, userId, sessionId, cancellationToken) is not null;
    }

    /// <summary>As <see cref="GoesOnAsync"/>, where a person does something: that is noted.</summary>
    public async Task<bool> SeeAsync(string userId, Guid sessionId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await LastSeenAsync(db, userId, sessionId, cancellationToken) is not { } lastSeen)
        {
            return false;
        }

        var now = time.GetUtcNow().UtcDateTime;
        if (now - lastSeen >= SeenIsNoted)
        {
            await StorageFailure.SkipAsync(() => db.UserSessions.Where(s => s.Id == sessionId).ExecuteUpdateAsync(set => set.SetProperty(s => s.LastSeenUtc, now), cancellationToken));
        }

        return true;
    }

    /// <summary>A person's sessions, the one seen last first.</summary>
    public async Task<IReadOnlyList<UserSession>> ListAsync(string userId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await GoingOn(db, time.GetUtcNow().UtcDateTime).AsNoTracking().Where(s => s.UserId == userId).OrderByDescending(s => s.LastSeenUtc).ToListAsync(cancellationToken);
    }

    /// <summary>Ends a person's session: they sign out, or another of theirs.</summary>
    public async Task EndAsync(string userId, Guid sessionId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.UserSessions.Where(s => s.Id == sessionId && s.UserId == userId).ExecuteDeleteAsync(cancellationToken);
    }

    /// <summary>Ends all of a person's sessions but one, and says so in the trail.</summary>
    public Task<Result> EndOthersAsync(string userId, Guid sessionId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.OwnAsync(db, userId) is { Succeeded: false } denied)
            {
                return denied;
            }

            await db.UserSessions.Where(s => s.Id != sessionId && s.UserId == userId).ExecuteDeleteAsync(cancellationToken);
            db.AuditEntries.Add(AuditDescription.Entry(AuditAction.SessionsEnded, null, AuditDescription.Account(userId), userId));
            return Result.Done;
        },
        cancellationToken);

    private static IQueryable<UserSession> GoingOn(AppDbContext db, DateTime now)
    {
        var (seen, created) = (now - Lifetime, now - Longest);
        return db.UserSessions.Where(s => s.LastSeenUtc >= seen && s.CreatedUtc >= created);
    }

    /// <summary>When a session that goes on was seen last; null where it is over.</summary>
    private async Task<DateTime?> LastSeenAsync(AppDbContext db, string userId, Guid sessionId, CancellationToken cancellationToken)
    {
        var found = await (from session in GoingOn(db, time.GetUtcNow().UtcDateTime)
                           join user in db.Users on session.UserId equals user.Id
                           where session.Id == sessionId && session.UserId == userId
                           select new { session.LastSeenUtc, user.LockoutEnd }).FirstOrDefaultAsync(cancellationToken);
        if (found is null)
        {
            return null;
        }

        if (AppUser.IsDisabledUntil(found.LockoutEnd))
        {
            await StorageFailure.SkipAsync(() => db.UserSessions.Where(s => s.UserId == userId).ExecuteDeleteAsync(cancellationToken));
            return null;
        }

        return found.LastSeenUtc;
    }
}
