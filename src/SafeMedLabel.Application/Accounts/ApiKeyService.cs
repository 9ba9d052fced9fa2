using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>Makes, knows and takes back the keys with which programs act for people.</summary>
public sealed class ApiKeyService(IDbContextFactory<AppDbContext> contexts, TimeProvider time)
{
    /// <summary>The longest that a key counts.</summary>
    public const int MaximumDays = 366;

    /// <summary>How every key begins: by it, programs that look for secrets in files find one.</summary>
    private const string Mark = "sml_";

    private const int ShownCharacters = 10;

    private static readonly TimeSpan UseIsNoted = TimeSpan.FromMinutes(1);

    /// <summary>Makes a key and returns it, the only time that it is seen.</summary>
    /// <param name="userId">Whose it is.</param>
    /// <param name="name">What they call it.</param>
    /// <param name="scope">What it may do.</param>
    /// <param name="days">How long it counts, 1 to <see cref="MaximumDays"/>.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public async Task<Result<string>> CreateAsync(string userId, string name, ApiScope scope, int days, CancellationToken cancellationToken = default)
    {
        var named = ApiKey.NameRule.Check(name);
        if (!named.Succeeded)
        {
            return named;
        }

        if (scope == ApiScope.None || (scope & ~(ApiScope.Read | ApiScope.Label | ApiScope.Manage | ApiScope.Predict)) != 0)
        {
            return Result.Refused("Please choose what the key may do.");
        }

        if (days is < 1 or > MaximumDays)
        {
            return Result.Refused($"A key counts for 1 to {MaximumDays} days.");
        }

        var secret = Mark + SecretToken.Create();
        var now = time.GetUtcNow().UtcDateTime;
        return await contexts.ChangeAsync<Result<string>>(
            async db =>
            {
                if (await ActorRight.OwnAsync(db, userId) is { Succeeded: false } denied)
                {
                    return denied;
                }

                db.ApiKeys.Add(new ApiKey
                {
                    UserId = userId,
                    Name = named.Value,
                    Prefix = secret[..ShownCharacters],
                    Hash = SecretToken.HashOf(secret),
                    Scope = scope,
                    CreatedUtc = now,
                    ExpiresUtc = now.AddDays(days),
                });
                return secret;
            },
            cancellationToken);
    }

    /// <summary>For whom a key acts; null where it is none, is over, was taken back, or its owner may not sign in.</summary>
    public async Task<ApiCaller?> FindAsync(string secret, CancellationToken cancellationToken = default)
    {
        if (!secret.StartsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }

        var hash = SecretToken.HashOf(secret);
        var now = time.GetUtcNow();
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        var found = await (from key in db.ApiKeys
                           join user in db.Users on key.UserId equals user.Id
                           join membership in db.UserRoles on user.Id equals membership.UserId
                           join role in db.Roles on membership.RoleId equals role.Id
                           where key.Hash == hash && key.RevokedUtc == null
                           select new { Key = key, user.LockoutEnd, Role = role.Name! }).AsNoTracking().FirstOrDefaultAsync(cancellationToken);
        if (found is null || found.Key.ExpiresUtc <= now.UtcDateTime || AppUser.IsDisabledUntil(found.LockoutEnd))
        {
            return null;
        }

        if (found.Key.LastUsedUtc is not { } last || now.UtcDateTime - last >= UseIsNoted)
        {
            await StorageFailure.SkipAsync(() => db.ApiKeys.Where(k => k.Id == found.Key.Id).ExecuteUpdateAsync(set => set.SetProperty(k => k.LastUsedUtc, now.UtcDateTime), cancellationToken));
        }

        return new ApiCaller(found.Key.Id, found.Key.UserId, found.Role, found.Key.Scope);
    }

    /// <summary>A person's keys that were not taken back, the newest first.</summary>
    public async Task<IReadOnlyList<ApiKey>> ListAsync(string userId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.ApiKeys.AsNoTracking().Where(k => k.UserId == userId && k.RevokedUtc == null).OrderByDescending(k => k.Id).ToListAsync(cancellationToken);
    }

    /// <summary>Takes a person's key back, at once.</summary>
    public Task<Result> RevokeAsync(string userId, int keyId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.OwnAsync(db, userId) is { Succeeded: false } denied)
            {
                return denied;
            }

            if (await db.ApiKeys.FirstOrDefaultAsync(k => k.Id == keyId && k.UserId == userId && k.RevokedUtc == null, cancellationToken) is not { } key)
            {
                return Result.Refused("This key no longer counts.");
            }

            key.RevokedUtc = time.GetUtcNow().UtcDateTime;
            return Result.Done;
        },
        cancellationToken);

    /// <summary>Takes all of a person's keys back, at once, as when one was lost; they may make new ones.</summary>
    public Task<Result> RevokeAllAsync(string userId, CancellationToken cancellationToken = default) => contexts.ChangeAsync(
        async db =>
        {
            if (await ActorRight.OfAccountAsync(db, Roles.Admin) is { Succeeded: false } denied)
            {
                return denied;
            }

            foreach (var key in await db.ApiKeys.Where(k => k.UserId == userId && k.RevokedUtc == null).ToListAsync(cancellationToken))
            {
                key.RevokedUtc = time.GetUtcNow().UtcDateTime;
            }

            return Result.Done;
        },
        cancellationToken);
}
