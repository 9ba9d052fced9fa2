using System.Buffers.Binary;
using Microsoft.Data.Sqlite;

namespace SafeMedLabel.Application.Backups;

/// <summary>Copies of SQLite databases that others go on writing to.</summary>
internal static class SqliteCopy
{
    /// <summary>Bytes of a database's header, https://www.sqlite.org/fileformat2.html.</summary>
    public const int HeaderLength = 100;

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

    /// <summary>True where a file that begins so is a database of so many bytes, by what its header says of itself.</summary>
    public static bool IsHeaderOf(ReadOnlySpan<byte> beginning, long length)
    {
        if (beginning.Length < HeaderLength || !beginning.StartsWith("SQLite format 3\0"u8))
        {
            return false;
        }

        // 65536 does not fit into two bytes and is written as 1. All databases that SQLite wrote since 2010 count their pages.
        var pageSize = BinaryPrimitives.ReadUInt16BigEndian(beginning[16..]) is var written and not 1 ? written : 65536;
        return (long)pageSize * BinaryPrimitives.ReadUInt32BigEndian(beginning[28..]) == length;
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
