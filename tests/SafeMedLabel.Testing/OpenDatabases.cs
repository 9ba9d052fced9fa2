using Microsoft.Data.Sqlite;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Testing;

/// <summary>Databases that are open in this process beyond their last use, because connections are pooled.</summary>
public static class OpenDatabases
{
    /// <summary>Closes those of one storage; what tests beside this one hold open stays so.</summary>
    public static void CloseDatabases(this StorageOptions storage)
    {
        foreach (var open in (string[])[storage.DatabaseConnection, storage.JobsDatabaseConnection])
        {
            using var connection = new SqliteConnection(open);
            SqliteConnection.ClearPool(connection);
        }
    }
}
