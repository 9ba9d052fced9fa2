using System.Net.Sockets;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace SafeMedLabel.Web;

/// <summary>Why the server did not start, for the person who typed the command.</summary>
internal static class StartupFailure
{
    /// <summary>What is wrong with a setting, a file or an address; null for a failure that only a programmer understands.</summary>
    public static string? Describe(Exception failure) => failure switch
    {
        OptionsValidationException refused => string.Join(" ", refused.Failures),
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_NOTADB or SQLitePCL.raw.SQLITE_CORRUPT } =>
            "The database in the storage folder is damaged, or no database. Restore the latest backup (README, 'Back-up and restore').",
        IOException or UnauthorizedAccessException or SocketException or SqliteException or InvalidOperationException or FormatException => failure.Message,
        _ => null,
    };
}
