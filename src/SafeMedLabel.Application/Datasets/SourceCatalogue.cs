using Microsoft.Data.Sqlite;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Application.Datasets;

/// <summary>
/// A data set's listing, what its folders or its manifest say of the files, and what their contents are, in a temporary database: of a million files
/// memory holds none. SQLite keeps it among the system's temporary files, where it is gone with the process, whatever ends that. For one thread at a time.
/// </summary>
internal sealed class SourceCatalogue : IDisposable
{
    private const string Schema =
        """
        PRAGMA journal_mode = OFF;
        PRAGMA cache_size = -16384;
        CREATE TABLE Entry (Id INTEGER PRIMARY KEY, Path TEXT NOT NULL, Length INTEGER NOT NULL, Place INTEGER NOT NULL, Refusal TEXT);
        CREATE TABLE File (Id INTEGER PRIMARY KEY, Class TEXT, Patient TEXT, Site TEXT, Split INTEGER, OtherClass TEXT);
        CREATE TABLE Content (Id INTEGER PRIMARY KEY, Digest BLOB NOT NULL UNIQUE, File INTEGER NOT NULL, Class TEXT, Contradiction TEXT);
        BEGIN;
        """;

    private const string SelectFile = "SELECT e.Id, e.Path, e.Length, e.Place, e.Refusal, f.Class, f.Patient, f.Site, f.Split, f.OtherClass";

    private readonly DatasetSource _source;
    private readonly SqliteConnection _connection = new("Data Source=;Pooling=False");
    private readonly SqliteCommand _find;
    private readonly SqliteCommand _take;
    private readonly SqliteCommand _merge;
    private readonly SqliteCommand _addContent;
    private bool _isWritten;

    private SourceCatalogue(DatasetSource source)
    {
        _source = source;
        _connection.Open();
        using var schema = Command(Schema);
        schema.ExecuteNonQuery();
        _find = Command("SELECT Id, Path, Length, Place, Refusal FROM Entry WHERE Path = $0 ORDER BY Id LIMIT 1", count: 1);
        _take = Command("INSERT OR IGNORE INTO File (Id, Class, Patient, Site, Split) VALUES ($0, $1, $2, $3, $4)", count: 5);

        // What one line leaves open the other tells.
        _merge = Command(
            """
            UPDATE File SET Class = IFNULL(Class, $1), Patient = IFNULL(Patient, $2), Site = IFNULL(Site, $3), Split = IFNULL(Split, $4),
              OtherClass = IIF(Class <> $1, $1, OtherClass) WHERE Id = $0
            """, count: 5);

        // A copy tells the class where the first has none; one of another class contradicts it.
        _addContent = Command(
            """
            INSERT INTO Content (Digest, File, Class, Contradiction) VALUES ($0, $1, $2, $4) ON CONFLICT (Digest) DO UPDATE SET
              File = IIF(Class IS NULL AND excluded.Class IS NOT NULL, excluded.File, File),
              Contradiction = IFNULL(Contradiction, IIF(Class <> excluded.Class, $3, excluded.Contradiction)),
              Class = IFNULL(Class, excluded.Class)
            """, count: 5);
    }

    /// <summary>Of a source, what its folder or zip lists.</summary>
    public static SourceCatalogue Of(DatasetSource source, IEnumerable<SourceEntry> listing, CancellationToken cancellationToken)
    {
        var catalogue = new SourceCatalogue(source);
        try
        {
            using var add = catalogue.Command("INSERT INTO Entry (Path, Length, Place, Refusal) VALUES ($0, $1, $2, $3)", count: 4);
            foreach (var entry in listing)
            {
                cancellationToken.ThrowIfCancellationRequested();
                Set(add, entry.Path, entry.Length, entry.Place, entry.Refusal).ExecuteNonQuery();
            }

            using var index = catalogue.Command("CREATE INDEX EntryPath ON Entry (Path)");
            index.ExecuteNonQuery();
            return catalogue;
        }
        catch
        {
            catalogue.Dispose();
            throw;
        }
    }

    /// <summary>All that is listed, hidden and refused files included, in no particular order.</summary>
    public IEnumerable<(long Id, SourceEntry Entry)> Entries => Rows("SELECT Id, Path, Length, Place, Refusal FROM Entry", reader => (reader.GetInt64(0), EntryOf(reader)));

    /// <summary>How many files were taken.</summary>
    public int FileCount { get; private set; }

    /// <summary>The files that were taken, by their paths.</summary>
    public IEnumerable<SourceFile> Files => Rows($"{SelectFile} FROM Entry e JOIN File f ON f.Id = e.Id ORDER BY e.Path, e.Id", FileOf);

    /// <summary>How many different contents were added.</summary>
    public int ContentCount => Rows("SELECT COUNT(*) FROM Content", reader => reader.GetInt32(0)).Single();

    /// <summary>What different contents were added, each where it came first.</summary>
    public IEnumerable<InventoriedFile> Contents => Rows(
        $"{SelectFile}, c.Digest, c.Contradiction FROM Content c JOIN Entry e ON e.Id = c.File JOIN File f ON f.Id = c.File ORDER BY c.Id",
        reader => new InventoriedFile(FileOf(reader), Convert.ToHexStringLower(reader.GetFieldValue<byte[]>(10)), TextOf(reader, 11)));

    /// <summary>What lies at a path; the first where a zip has several. Null where nothing does.</summary>
    public (long Id, SourceEntry Entry)? Find(string path)
    {
        using var reader = Set(_find, path).ExecuteReader();
        return reader.Read() ? (reader.GetInt64(0), EntryOf(reader)) : null;
    }

    /// <summary>
    /// The one listed file below a folder whose name another program writes so, as its path below that folder; null where none is, or several are.
    /// </summary>
    /// <param name="folder">The folder, with a <c>/</c> at its end; empty for the top.</param>
    /// <param name="name">As the other program writes it.</param>
    /// <param name="write">How it writes a name; the same in each call.</param>
    public string? FindOnly(string folder, string name, Func<string, string> write)
    {
        if (!_isWritten)
        {
            using var create = Command("CREATE TABLE Written (Name TEXT NOT NULL, Path TEXT NOT NULL)");
            create.ExecuteNonQuery();
            using var add = Command("INSERT INTO Written (Name, Path) VALUES ($0, $1)", count: 2);
            foreach (var (_, entry) in Entries.Where(e => e.Entry.Path.StartsWith(folder, StringComparison.Ordinal)))
            {
                Set(add, write(entry.Path[(entry.Path.LastIndexOf('/') + 1)..]), entry.Path[folder.Length..]).ExecuteNonQuery();
            }

            using var index = Command("CREATE INDEX WrittenName ON Written (Name)");
            index.ExecuteNonQuery();
            _isWritten = true;
        }

        var found = Rows("SELECT DISTINCT Path FROM Written WHERE Name = $0 LIMIT 2", reader => reader.GetString(0), name).ToList();
        return found.Count == 1 ? found[0] : null;
    }

    /// <summary>
    /// Takes a listed file into the data set. Where it was taken already, what is known of it is put together: a second class contradicts the first.
    /// </summary>
    /// <returns>What of it was said otherwise before, as the end of a sentence, and then nothing is changed; null where it was taken.</returns>
    public string? Take(long id, string? className, string? patient = null, string? site = null, DataSplit? split = null)
    {
        if (Set(_take, id, className, patient, site, (int?)split).ExecuteNonQuery() > 0)
        {
            FileCount++;
            return null;
        }

        var before = File(id);
        var other = before.Patient is not null && patient is not null && before.Patient != patient ? "patient"
            : before.Site is not null && site is not null && before.Site != site ? "site"
            : before.Split is not null && split is not null && before.Split != split ? "split"
            : null;
        if (other is not null)
        {
            return $"an earlier one says another {other} of the same file.";
        }

        Set(_merge, id, className, patient, site, (int?)split).ExecuteNonQuery();
        return null;
    }

    /// <summary>A file that was taken.</summary>
    public SourceFile File(long id) => Rows($"{SelectFile} FROM Entry e JOIN File f ON f.Id = e.Id WHERE e.Id = $0", FileOf, id).Single();

    /// <summary>Adds what is in a file.</summary>
    /// <param name="file">The file.</param>
    /// <param name="digest">SHA-256 of its bytes, in hexadecimal digits.</param>
    public void Add(SourceFile file, string digest) => Set(
        _addContent,
        Convert.FromHexString(digest),
        file.Id,
        file.ClassName,
        $"The same picture lies under another class, as '{file.Path}'",
        file.OtherClass is null ? null : $"The manifest gives it two labels, '{file.ClassName}' and '{file.OtherClass}'").ExecuteNonQuery();

    /// <inheritdoc />
    public void Dispose()
    {
        _find.Dispose();
        _take.Dispose();
        _merge.Dispose();
        _addContent.Dispose();
        _connection.Dispose();
    }

    private IEnumerable<T> Rows<T>(string sql, Func<SqliteDataReader, T> row, params object?[] values)
    {
        using var command = Set(Command(sql, values.Length), values);
        using var reader = command.ExecuteReader();
        while (reader.Read())
        {
            yield return row(reader);
        }
    }

    private SqliteCommand Command(string sql, int count = 0)
    {
        var command = new SqliteCommand(sql, _connection);
        for (var i = 0; i < count; i++)
        {
            command.Parameters.Add(new SqliteParameter { ParameterName = $"${i}" });
        }

        return command;
    }

    private static SqliteCommand Set(SqliteCommand command, params ReadOnlySpan<object?> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            command.Parameters[i].Value = values[i] ?? DBNull.Value;
        }

        return command;
    }

    private SourceFile FileOf(SqliteDataReader reader) => new(_source, reader.GetInt64(0), EntryOf(reader))
    {
        ClassName = TextOf(reader, 5),
        Patient = TextOf(reader, 6),
        Site = TextOf(reader, 7),
        Split = reader.IsDBNull(8) ? null : (DataSplit)reader.GetInt32(8),
        OtherClass = TextOf(reader, 9),
    };

    private static SourceEntry EntryOf(SqliteDataReader reader) => new(reader.GetString(1), reader.GetInt64(2), reader.GetInt64(3), TextOf(reader, 4));

    private static string? TextOf(SqliteDataReader reader, int column) => reader.IsDBNull(column) ? null : reader.GetString(column);
}
