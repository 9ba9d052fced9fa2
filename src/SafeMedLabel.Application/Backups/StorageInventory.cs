using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Backups;

/// <summary>What the database of a storage says must lie beside it; paths are those inside the storage, with slashes.</summary>
/// <param name="Counts">How much the database holds.</param>
/// <param name="Images">Paths of the images' files; two projects may share one.</param>
/// <param name="Models">Paths of the models that rounds left, and of their cards, with the SHA-256 that they must have; null where none is known.</param>
/// <param name="Weights">
/// Paths of the files of weights that rounds began with or that projects have chosen. With each stand the SHA-256s of which it must have one; none stands
/// there where a project has chosen the file, whatever it holds now.
/// </param>
internal sealed record StorageInventory(
    BackupCounts Counts, IReadOnlyList<string> Images, IReadOnlyDictionary<string, string?> Models, IReadOnlyDictionary<string, IReadOnlyList<string>> Weights)
{
    /// <summary>Asks a storage's database, which may be of an earlier version.</summary>
    /// <exception cref="BackupException">It names a model that would lie elsewhere than in its project's folder, or weights elsewhere than in theirs.</exception>
    public static StorageInventory Read(StorageOptions storage)
    {
        using var db = new AppDbContext(new DbContextOptionsBuilder<AppDbContext>().UseSqlite(SqliteCopy.ConnectionString(storage.DatabaseFile)).Options);
        var isSealed = HasColumn(db, nameof(Round.ModelHash));
        var rounds = db.Rounds.Where(r => r.ModelFile != null).Select(r => new { r.ProjectId, r.ModelFile, Hash = isSealed ? r.ModelHash : null }).ToList();
        var models = new Dictionary<string, string?>();
        foreach (var round in rounds)
        {
            if (Path.GetFileName(round.ModelFile) != round.ModelFile || round.ModelFile is "." or "..")
            {
                throw new BackupException($"The database names a model '{round.ModelFile}', which would lie in no project's folder.");
            }

            var path = PathIn(storage, Path.Combine(storage.ProjectFolder(round.ProjectId), round.ModelFile!));
            models[path] = string.IsNullOrEmpty(round.Hash) ? null : round.Hash;
            models.TryAdd(Path.ChangeExtension(path, ".json"), null);
        }

        return new StorageInventory(
            new BackupCounts(db.Projects.Count(), db.Images.Count(), db.LabelEvents.Count(), rounds.Count),
            [.. db.Images.Select(i => i.ContentHash).Distinct().AsEnumerable().Select(hash => ImagePath(storage, hash))],
            models,
            HasColumn(db, nameof(Round.BeginningFile)) ? ReadWeights(db, storage) : new Dictionary<string, IReadOnlyList<string>>());
    }

    /// <summary>Where an image's file lies in a storage.</summary>
    public static string ImagePath(StorageOptions storage, string contentHash) => PathIn(storage, Path.Combine(storage.ContentFolder, ContentStore.PlaceOf(contentHash)));

    /// <summary>
    /// True for the path of a key: a plain name in the folder of keys, ending as those do that the audit trail and the sign-in cookies have, or that are
    /// being written. What else lies there is not ours.
    /// </summary>
    public static bool IsKey(StorageOptions storage, string path)
    {
        var name = path[(path.LastIndexOf('/') + 1)..];
        return path == PathIn(storage, Path.Combine(storage.KeyFolder, name)) && name.Length <= 100 && char.IsAsciiLetterOrDigit(name[0])
            && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_') && Path.GetExtension(name) is ".key" or ".xml" or ".tmp";
    }

    /// <summary>True where the content of a file of weights is one that the database knows, or where it knows none.</summary>
    public bool IsKnown(string weights, string hash) => Weights[weights] is { Count: 0 } || Weights[weights].Contains(hash);

    private static bool HasColumn(AppDbContext db, string name) =>
        db.Database.SqlQuery<int>($"SELECT COUNT(*) AS Value FROM pragma_table_info('Rounds') WHERE name = {name}").Single() > 0;

    private static Dictionary<string, IReadOnlyList<string>> ReadWeights(AppDbContext db, StorageOptions storage)
    {
        var begun = db.Rounds.Where(r => r.BeginningFile != null).Select(r => new { Name = r.BeginningFile!, Hash = r.BeginningFileHash! }).Distinct().ToList();
        var chosen = db.Projects.Where(p => p.BeginningFile != null).Select(p => p.BeginningFile!).Distinct().ToList();
        var weights = new Dictionary<string, IReadOnlyList<string>>();
        foreach (var (name, hashes) in begun.GroupBy(r => r.Name, r => r.Hash).Select(g => (g.Key, g.ToList())).Concat(chosen.Select(name => (name, new List<string>()))))
        {
            if (!WeightsFiles.IsName(name))
            {
                throw new BackupException($"The database names weights '{name}', which would not lie in the folder of weights.");
            }

            weights[PathIn(storage, WeightsFiles.PathOf(storage, name))] = hashes;
        }

        return weights;
    }

    /// <summary>The path of a file inside its storage.</summary>
    public static string PathIn(StorageOptions storage, string file) => Path.GetRelativePath(storage.FullRoot, file).Replace(Path.DirectorySeparatorChar, '/');
}
