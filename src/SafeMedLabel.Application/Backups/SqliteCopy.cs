using Microsoft.Data.Sqlite;

namespace SafeMedLabel.Application.Backups;

/// <summary>Copies of SQLite databases that others go on writing to.</summary>
internal static class SqliteCopy
{
    /// <summary>A connection that leaves no file open once it is closed, nor makes one.</summary>
    public static string ConnectionString(string file) =>
        new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadWrite, Pooling = false, DefaultTimeout = 30 }.ToString();

    /// <summary>Copies a database as it is at one instant, with all that was committed before.</summary>
    public static void Make(string from, string to)
    {
        using var source = new SqliteConnection(ConnectionString(from));
        source.Open();
        using (var patience = source.CreateCommand())
        {
            // The copy itself asks once; a scheduler that writes just then is waited for.
            patience.CommandText = "PRAGMA busy_timeout=30000";
            patience.ExecuteNonQuery();
        }

        using var copy = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = to, Pooling = false }.ToString());
        source.BackupDatabase(copy);
    }

    /// <summary>True where SQLite finds nothing wrong with a database.</summary>
    public static bool IsSound(string file)
    {
        try
        {
            using var database = new SqliteConnection(ConnectionString(file));
            database.Open();
            using var check = database.CreateCommand();
            check.CommandText = "PRAGMA integrity_check";
            return check.ExecuteScalar() is "ok";
        }
        catch (SqliteException)
        {
            return false;
        }
    }
}
