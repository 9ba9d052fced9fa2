using Microsoft.AspNetCore.Identity;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Persistence;

/// <summary>Brings the database to the program's version before anything reads it.</summary>
public sealed class DatabaseStarter(IDbContextFactory<AppDbContext> contexts, StorageOptions storage, DatabaseHealth health)
{
    /// <summary>Applies migrations, sets write-ahead logging, makes the roles, and seals models of versions that sealed none.</summary>
    /// <exception cref="InvalidOperationException">
    /// A database is damaged, an earlier migration was interrupted, or a later version of the program has had the database; the message says what to do.
    /// </exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        RequireSound();
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

    /// <summary>
    /// Looks through a database that was known to be damaged, in case that somebody has mended it, and at the beginnings of the others. To look through a
    /// large one takes a minute, which a start must not.
    /// </summary>
    private void RequireSound()
    {
        if (health.IsDamaged)
        {
            if (!DatabaseCheck.IsSound(storage.DatabaseFile))
            {
                throw Damaged();
            }

            health.Clear();
        }

        if (!IsReadable(storage.DatabaseFile))
        {
            throw Damaged();
        }

        if (!IsReadable(storage.JobsDatabaseFile))
        {
            throw new InvalidOperationException(
                $"The scheduler's database {storage.JobsDatabaseFile} is damaged. Delete it, and the files beside it that begin with its name, "
                + "and start again: the work that waits is found again.");
        }

        InvalidOperationException Damaged() =>
            new($"The database {storage.DatabaseFile} is damaged, or no database. Restore the latest backup (README, 'Back-up and restore').");
    }

    private static bool IsReadable(string file)
    {
        if (!File.Exists(file))
        {
            return true;
        }

        try
        {
            using var connection = new SqliteConnection(SqliteCopy.ConnectionString(file));
            connection.Open();
            using var tables = connection.CreateCommand();
            tables.CommandText = "SELECT COUNT(*) FROM sqlite_master";
            tables.ExecuteScalar();
            return true;
        }
        catch (SqliteException failure)
        {
            // For any other reason it is opened once more, and says which.
            return !StorageFailure.IsDamage(failure);
        }
    }

    /// <summary>True where a database has a migration that this program does not know: what its tables mean nobody here can say.</summary>
    internal static bool IsOfLaterVersion(AppDbContext db) => db.Database.GetAppliedMigrations().Except(db.Database.GetMigrations()).Any();

    private static async Task<bool> IsLockedByACrashAsync(AppDbContext db, CancellationToken cancellationToken)
    {
        var table = await db.Database.SqlQuery<int>($"SELECT COUNT(*) AS Value FROM sqlite_master WHERE name = '__EFMigrationsLock'").SingleAsync(cancellationToken);
        return table > 0 && await db.Database.SqlQuery<int>($"SELECT COUNT(*) AS Value FROM __EFMigrationsLock").SingleAsync(cancellationToken) > 0;
    }
}
