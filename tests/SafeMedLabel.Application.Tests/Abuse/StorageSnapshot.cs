using Microsoft.Data.Sqlite;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>A storage as it is at one moment, to begin from there again: the application's database, and the files beside it.</summary>
internal sealed class StorageSnapshot : IDisposable
{
    private readonly SqliteConnection _database = new("Data Source=:memory:");
    private readonly Dictionary<string, byte[]> _files;
    private readonly string _root;
    private readonly string _databaseFile;

    /// <summary>Takes it.</summary>
    /// <param name="root">The storage's folder.</param>
    /// <param name="databaseFile">The database's file.</param>
    public StorageSnapshot(string root, string databaseFile)
    {
        (_root, _databaseFile) = (root, databaseFile);
        _files = Files().ToDictionary(path => path, File.ReadAllBytes);
        _database.Open();
        using var source = Open();
        source.BackupDatabase(_database);
    }

    /// <summary>Lets the storage be again as it was.</summary>
    public void Restore()
    {
        using (var target = Open())
        {
            _database.BackupDatabase(target);
        }

        foreach (var path in Files().Where(path => !_files.ContainsKey(path)))
        {
            File.Delete(path);
        }

        foreach (var (path, content) in _files)
        {
            File.WriteAllBytes(path, content);
        }
    }

    /// <summary>The files, without the databases.</summary>
    public IEnumerable<string> Files() => Directory.EnumerateFiles(_root, "*", SearchOption.AllDirectories).Where(path => !path.Contains(".db", StringComparison.Ordinal)).Order(StringComparer.Ordinal);

    public void Dispose() => _database.Dispose();

    private SqliteConnection Open()
    {
        var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = _databaseFile, Pooling = false }.ToString());
        connection.Open();
        return connection;
    }
}
