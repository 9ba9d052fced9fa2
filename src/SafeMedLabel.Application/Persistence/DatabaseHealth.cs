using Microsoft.Extensions.Logging;

namespace SafeMedLabel.Application.Persistence;

/// <summary>
/// Whether the storage's databases are known to be damaged. That the application's is, a file beside it says, which every process of the storage sees,
/// and which is gone once the database was looked through and found sound.
/// </summary>
public sealed class DatabaseHealth(StorageOptions storage, ILogger<DatabaseHealth> logger)
{
    private volatile bool _isDamaged;
    private volatile bool _areJobsDamaged;

    /// <summary>True where the application's database is damaged: nothing may be written to it.</summary>
    public bool IsDamaged => _isDamaged || File.Exists(storage.DamageMark);

    /// <summary>What is known, in a sentence for whoever is at a page; null where nothing is.</summary>
    public string? Problem => IsDamaged ? StorageFailure.Damaged : _areJobsDamaged ? StorageFailure.JobsDamaged : null;

    /// <summary>Raised when <see cref="Problem"/> may have become another in this process.</summary>
    public event Action? Changed;

    /// <summary>The application's database is damaged.</summary>
    /// <param name="failure">What showed it; null where a check found it.</param>
    internal void Report(Exception? failure)
    {
        if (_isDamaged)
        {
            return;
        }

        _isDamaged = true;
        logger.LogCritical(
            failure, "The database {File} is damaged. Nothing is written to it any more: stop the server and restore the latest backup.", storage.DatabaseFile);
        try
        {
            File.WriteAllBytes(storage.DamageMark, []);
        }
        catch (Exception unwritten) when (unwritten is IOException or UnauthorizedAccessException)
        {
            logger.LogError(unwritten, "Other processes of this storage could not be told.");
        }

        Changed?.Invoke();
    }

    /// <summary>The scheduler's database is damaged.</summary>
    internal void ReportJobs()
    {
        _areJobsDamaged = true;
        logger.LogCritical(
            "The scheduler's database {File} is damaged. Stop the server, delete it and the files beside it that begin with its name, and start again.",
            storage.JobsDatabaseFile);
        Changed?.Invoke();
    }

    /// <summary>The application's database was looked through and is sound.</summary>
    internal void Clear()
    {
        _isDamaged = false;
        File.Delete(storage.DamageMark);
        Changed?.Invoke();
    }
}
