using Microsoft.Data.Sqlite;

namespace SafeMedLabel.Application.Persistence;

/// <summary>What a person is told where the storage takes nothing: not what they did is wrong, and the same may succeed later.</summary>
public static class StorageFailure
{
    /// <summary>The disk has no room.</summary>
    public const string Full = "Nothing can be stored at the moment: the disk is full. Answers already acknowledged are safe.";

    /// <summary>The database or its folder may only be read.</summary>
    public const string ReadOnly = "Nothing can be stored at the moment: the storage can only be read. Answers already acknowledged are safe.";

    /// <summary>The disk fails.</summary>
    public const string Broken = "Nothing can be stored at the moment: the disk reports an error. Answers already acknowledged are safe.";

    /// <summary>Somebody else holds the database for longer than anybody waits.</summary>
    public const string Busy = "Nothing can be stored at the moment: the database is busy. Answers already acknowledged are safe.";

    /// <summary>The database's file is damaged.</summary>
    public const string Damaged =
        "Nothing can be stored: the database is damaged. An admin must stop the server and restore the latest backup (README, 'Back-up and restore').";

    /// <summary>The scheduler's database is damaged, which holds no answers.</summary>
    public const string JobsDamaged =
        "Imports, exports and rounds may not start: the scheduler's database is damaged. An admin must stop the server and delete jobs.db; the work that waits is found again.";

    private static readonly TimeSpan UntilTriedAgain = TimeSpan.FromSeconds(30);

    // As Linux and Windows number them: ENOSPC, EDQUOT, ERROR_DISK_FULL, ERROR_HANDLE_DISK_FULL.
    private static readonly int[] FullDisk = [28, 122, unchecked((int)0x80070070), unchecked((int)0x80070027)];

    /// <summary>Writes what nobody misses, such as when something was used last; where the storage takes nothing, what it is written for goes on.</summary>
    public static async Task SkipAsync(Func<Task> write)
    {
        ArgumentNullException.ThrowIfNull(write);
        try
        {
            await write();
        }
        catch (Exception failure) when (Describe(failure) is not null)
        {
            // The storage's own watch says that it takes nothing.
        }
    }

    /// <summary>Writes what must be written, such as that a job has ended; where the storage takes nothing it is tried again until it does.</summary>
    /// <param name="write">Writes, all of it or nothing.</param>
    /// <param name="time">The clock.</param>
    /// <param name="stopping">Gives up.</param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static async Task UntilStoredAsync(Func<Task> write, TimeProvider time, CancellationToken stopping)
    {
        ArgumentNullException.ThrowIfNull(write);
        while (true)
        {
            try
            {
                await write();
                return;
            }
            catch (Exception failure) when (MayEnd(failure))
            {
                await Task.Delay(UntilTriedAgain, time, stopping);
            }
        }
    }

    /// <summary>Does the work; where the storage takes nothing it is postponed, and what it had begun is undone.</summary>
    public static async Task<TOutcome> PostponeAsync<TOutcome>(Func<Task<TOutcome>> work)
        where TOutcome : IPostponable<TOutcome>
    {
        try
        {
            return await work();
        }
        catch (Exception failure) when (Describe(failure) is { } sentence)
        {
            return TOutcome.Postponed(sentence);
        }
    }

    /// <summary>The sentence for a failure of the storage; null for any other failure.</summary>
    public static string? Describe(Exception failure) => failure.GetBaseException() switch
    {
        SqliteException sqlite => sqlite.SqliteErrorCode switch
        {
            SQLitePCL.raw.SQLITE_FULL => Full,
            SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM => ReadOnly,
            SQLitePCL.raw.SQLITE_IOERR => Broken,
            SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => Busy,
            SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB => Damaged,
            _ => null,
        },
        StorageFullException full => full.Message,
        IOException io when FullDisk.Contains(io.HResult) => Full,
        _ => null,
    };

    /// <summary>True where the storage takes nothing for a reason that may end without anybody's doing.</summary>
    public static bool MayEnd(Exception failure) => Describe(failure) is not null && !IsDamage(failure);

    /// <summary>True where what failed says that the database's file is damaged, or no database.</summary>
    public static bool IsDamage(Exception? failure) =>
        failure?.GetBaseException() is SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB };
}
