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

    /// <summary>The sentence for a failure of the database's file; null for any other failure.</summary>
    public static string? Describe(Exception failure) => (failure.GetBaseException() as SqliteException)?.SqliteErrorCode switch
    {
        SQLitePCL.raw.SQLITE_FULL => Full,
        SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN or SQLitePCL.raw.SQLITE_PERM => ReadOnly,
        SQLitePCL.raw.SQLITE_IOERR => Broken,
        SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_LOCKED => Busy,
        _ => null,
    };
}
