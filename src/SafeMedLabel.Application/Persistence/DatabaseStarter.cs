using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Persistence;

/// <summary>Brings the database to the program's version before anything reads it.</summary>
public sealed class DatabaseStarter(IDbContextFactory<AppDbContext> contexts, StorageOptions storage)
{
    /// <summary>Applies migrations, sets write-ahead logging, makes the roles, and seals models of versions that sealed none.</summary>
    /// <exception cref="InvalidOperationException">
    /// An earlier migration was interrupted, or a later version of the program has had the database; the message says what to do.
    /// </exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        await using var db = await contexts.CreateDbContextAsync(cancellationToken);
        if (await IsLockedByACrashAsync(db, cancellationToken))
        {
            throw new InvalidOperationException(
                "The database is locked by a migration that did not end. If no other server is starting, restore the latest backup, or delete the row in the table __EFMigrationsLock, and start again.");
        }

        if (IsOfLaterVersion(db))
        {
            throw new InvalidOperationException("The database is that of a later version of this program; start that version, or restore a backup that was made before it.");
        }

        await db.Database.MigrateAsync(cancellationToken);
        // Readers never wait for the writer; the setting is kept in the file.
        await db.Database.ExecuteSqlRawAsync("PRAGMA journal_mode=WAL", cancellationToken);
        foreach (var role in Roles.All)
        {
            if (!await db.Roles.AnyAsync(r => r.Name == role, cancellationToken))
            {
                db.Roles.Add(new IdentityRole(role) { NormalizedName = role.ToUpperInvariant() });
            }
        }

        await db.SaveChangesAsync(cancellationToken);
        await ModelSeal.SealEarlyModelsAsync(db, storage, cancellationToken);
    }

    /// <summary>True where a database has a migration that this program does not know: what its tables mean nobody here can say.</summary>
    internal static bool IsOfLaterVersion(AppDbContext db) => db.Database.GetAppliedMigrations().Except(db.Database.GetMigrations()).Any();

    private static async Task<bool> IsLockedByACrashAsync(AppDbContext db, CancellationToken cancellationToken)
    {
        var table = await db.Database.SqlQuery<int>($"SELECT COUNT(*) AS Value FROM sqlite_master WHERE name = '__EFMigrationsLock'").SingleAsync(cancellationToken);
        return table > 0 && await db.Database.SqlQuery<int>($"SELECT COUNT(*) AS Value FROM __EFMigrationsLock").SingleAsync(cancellationToken) > 0;
    }
}
