using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using SafeMedLabel.Application.Backups;

namespace SafeMedLabel.Application.Persistence;

/// <summary>
/// Lets SQLite look through both databases when the server has started, and each night: a disk may have changed a page that nobody reads for months. Others
/// read and write meanwhile.
/// </summary>
public sealed class DatabaseCheck(StorageOptions storage, DatabaseHealth health, TimeProvider time, ILogger<DatabaseCheck> logger) : BackgroundService
{
    /// <summary>The hour of each night, UTC.</summary>
    private const int Hour = 1;

    /// <summary>Looks through both databases once and takes note of what is found.</summary>
    public async Task CheckAsync(CancellationToken cancellationToken = default)
    {
        if (await IsSoundAsync(storage.DatabaseFile, cancellationToken) is { } isSound)
        {
            if (!isSound)
            {
                health.Report(failure: null);
            }
            else if (health.IsDamaged)
            {
                health.Clear();
            }
        }

        if (File.Exists(storage.JobsDatabaseFile) && await IsSoundAsync(storage.JobsDatabaseFile, cancellationToken) == false)
        {
            health.ReportJobs();
        }
    }

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await CheckAsync(stoppingToken);
            var now = time.GetUtcNow().UtcDateTime;
            var tonight = now.Date.AddHours(Hour);
            await Task.Delay((tonight > now ? tonight : tonight.AddDays(1)) - now, time, stoppingToken);
        }
    }

    /// <summary>Null where it could not be found out.</summary>
    private async Task<bool?> IsSoundAsync(string file, CancellationToken cancellationToken)
    {
        try
        {
            return await Task.Run(() => IsSound(file), cancellationToken);
        }
        catch (SqliteException failure)
        {
            logger.LogWarning(failure, "{File} could not be looked through.", file);
            return null;
        }
    }

    /// <exception cref="SqliteException">It cannot be read for a reason other than damage.</exception>
    internal static bool IsSound(string file)
    {
        try
        {
            // A connection of its own, which leaves nothing open.
            using var connection = new SqliteConnection(SqliteCopy.ConnectionString(file));
            connection.Open();
            using var check = connection.CreateCommand();
            // Of the whole file, however long that takes; the first finding is enough.
            check.CommandTimeout = 0;
            check.CommandText = "PRAGMA quick_check(1)";
            return check.ExecuteScalar() is "ok";
        }
        catch (SqliteException failure) when (StorageFailure.IsDamage(failure))
        {
            return false;
        }
    }
}
