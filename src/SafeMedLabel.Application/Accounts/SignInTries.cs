using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Accounts;

/// <summary>
/// Counts what people type to show who they are, so that it cannot be guessed. A try is counted before it is looked at, in the database: many at
/// once count as many, also on several servers. The count stops passwords and codes alone; keys, passkeys and the hospital's sign-on cannot be guessed.
/// </summary>
public sealed class SignInTries(IDbContextFactory<AppDbContext> contexts, TimeProvider time)
{
    /// <summary>So many wrong passwords and codes in a row are taken.</summary>
    public const int Maximum = 8;

    /// <summary>After them none is taken for so long.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromMinutes(5);

    /// <summary>Counts a try of a password or code.</summary>
    /// <param name="accountId">The account; null where there is none, which costs the same.</param>
    /// <param name="cancellationToken">Gives up.</param>
    /// <returns>False where the account takes none at the moment.</returns>
    public async Task<bool> TakeAsync(string? accountId, CancellationToken cancellationToken = default)
    {
        var now = time.GetUtcNow().UtcDateTime;
        var paused = now - Pause;
        // From a clock that was ahead; what colleagues try at this moment is no more than that.
        var impossible = now + Pause;
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await db.Database.BeginTransactionAsync(cancellationToken);
        var taken = await db.Users.Where(u => u.Id == accountId && (u.WrongTries < Maximum || u.LastTryUtc <= paused || u.LastTryUtc > impossible)).ExecuteUpdateAsync(
            set => set.SetProperty(u => u.WrongTries, u => u.WrongTries < Maximum ? u.WrongTries + 1 : 1).SetProperty(u => u.LastTryUtc, now), cancellationToken);
        // Something is written in any case, where it means nothing: the disk takes longer than all else here, and would tell which addresses are accounts.
        var mark = Guid.NewGuid().ToString();
        await db.Roles.Where(r => r.Name == Roles.Pathologist).ExecuteUpdateAsync(set => set.SetProperty(r => r.ConcurrencyStamp, mark), cancellationToken);
        await transaction.CommitAsync(cancellationToken);
        return taken > 0;
    }

    /// <summary>What was tried last was right.</summary>
    public async Task GiveBackAsync(string accountId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Users.Where(u => u.Id == accountId && u.WrongTries > 0).ExecuteUpdateAsync(set => set.SetProperty(u => u.WrongTries, u => u.WrongTries - 1), cancellationToken);
    }

    /// <summary>The person has shown who they are: what others had guessed no longer counts.</summary>
    public async Task ForgetAsync(string accountId, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        await db.Users.Where(u => u.Id == accountId && u.WrongTries > 0).ExecuteUpdateAsync(set => set.SetProperty(u => u.WrongTries, 0), cancellationToken);
    }

    /// <summary>A new password was set: what was tried was the old one. Part of the caller's transaction.</summary>
    internal static Task ForgetAsync(AppDbContext db, string accountId) =>
        db.Users.Where(u => u.Id == accountId).ExecuteUpdateAsync(set => set.SetProperty(u => u.WrongTries, 0).SetProperty(u => u.LastTryUtc, (DateTime?)null));

    /// <summary>A new key of the authenticator app begins with its first step, also where the old one was used while the clock was ahead. Part of the caller's transaction.</summary>
    internal static Task ForgetStepsAsync(AppDbContext db, string accountId) =>
        db.Users.Where(u => u.Id == accountId).ExecuteUpdateAsync(set => set.SetProperty(u => u.LastCodeStep, (long?)null));

    /// <summary>Uses a step of the authenticator app up.</summary>
    /// <returns>False where its code, or that of a later step, was used before.</returns>
    public async Task<bool> UseStepAsync(string accountId, long step, CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        return await db.Users.Where(u => u.Id == accountId && (u.LastCodeStep == null || u.LastCodeStep < step))
            .ExecuteUpdateAsync(set => set.SetProperty(u => u.LastCodeStep, step), cancellationToken) > 0;
    }
}
