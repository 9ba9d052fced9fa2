using Microsoft.Data.Sqlite;

namespace SafeMedLabel.Testing;

/// <summary>All that a database holds, to be compared: whether something changed anything at all.</summary>
public static class DatabaseContent
{
    /// <summary>Each table's rows as text, in an order of their own.</summary>
    /// <param name="databaseFile">The SQLite file; others may have it open.</param>
    public static SortedDictionary<string, string> Read(string databaseFile)
    {
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = databaseFile, Mode = SqliteOpenMode.ReadOnly }.ToString());
        connection.Open();
        var content = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var table in Rows(connection, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"))
        {
            content[table] = string.Join('\n', Rows(connection, $"SELECT * FROM \"{table}\"").Order(StringComparer.Ordinal));
        }

        return content;
    }

    private static List<string> Rows(SqliteConnection connection, string query)
    {
        using var command = connection.CreateCommand();
        // Only names of the database's own tables come in here.
#pragma warning disable CA2100
        command.CommandText = query;
#pragma warning restore CA2100
        using var reader = command.ExecuteReader();
        var rows = new List<string>();
        while (reader.Read())
        {
            rows.Add(string.Join('|', Enumerable.Range(0, reader.FieldCount).Select(i => reader.GetValue(i) is byte[] bytes ? Convert.ToHexString(bytes) : $"{reader.GetValue(i)}")));
        }

        return rows;
    }
}
