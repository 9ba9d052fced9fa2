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
        SqliteException { SqliteErrorCode: SQLitePCL.raw.SQLITE_NOTADB } => "The file safemedlabel.db in the storage folder is no SQLite database.",
        IOException or UnauthorizedAccessException or SocketException or SqliteException or InvalidOperationException or FormatException => failure.Message,
        _ => null,
    };
}
