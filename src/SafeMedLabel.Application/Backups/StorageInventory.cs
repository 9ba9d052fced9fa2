using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Backups;

/// <summary>What the database of a storage says must lie beside it; paths are those inside the storage, with slashes.</summary>
/// <param name="Counts">How much the database holds.</param>
/// <param name="Images">Paths of the images' files; two projects may share one.</param>
/// <param name="Models">Paths of the models that rounds left, and of their cards.</param>
internal sealed record StorageInventory(BackupCounts Counts, IReadOnlyList<string> Images, IReadOnlyList<string> Models)
{
    /// <summary>Asks a storage's database, which may be of an earlier version.</summary>
    public static StorageInventory Read(StorageOptions storage)
    {
        using var db = new AppDbContext(new DbContextOptionsBuilder<AppDbContext>().UseSqlite(SqliteCopy.ConnectionString(storage.DatabaseFile)).Options);
        var models = db.Rounds.Where(r => r.ModelFile != null).Select(r => new { r.ProjectId, r.ModelFile }).ToList()
            .Select(m => PathIn(storage, Path.Combine(storage.ProjectFolder(m.ProjectId), m.ModelFile!))).ToList();
        return new StorageInventory(
            new BackupCounts(db.Projects.Count(), db.Images.Count(), db.LabelEvents.Count(), models.Count),
            [.. db.Images.Select(i => i.ContentHash).Distinct().AsEnumerable().Select(hash => ImagePath(storage, hash))],
            [.. models, .. models.Select(m => Path.ChangeExtension(m, ".json"))]);
    }

    /// <summary>Where an image's file lies in a storage.</summary>
    public static string ImagePath(StorageOptions storage, string contentHash) => PathIn(storage, Path.Combine(storage.ContentFolder, ContentStore.PlaceOf(contentHash)));

    /// <summary>The path of a file inside its storage.</summary>
    public static string PathIn(StorageOptions storage, string file) => Path.GetRelativePath(storage.FullRoot, file).Replace(Path.DirectorySeparatorChar, '/');
}
