using System.IO.Compression;
using System.IO.Hashing;
using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Imaging;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Backups;

/// <summary>Makes a storage of a backup, in a folder that is absent or empty.</summary>
/// <remarks>
/// All of it is unpacked into a folder inside that one, which is on the same disk even where it is a mounted volume, and is checked there. Then
/// it moves up, the application's database last: a server takes what a killed restore leaves for no storage.
/// </remarks>
/// <param name="storage">Where it is to be.</param>
/// <param name="migrationsAssembly">What holds the migrations that this program knows.</param>
public sealed class StorageRestore(StorageOptions storage, string migrationsAssembly)
{
    private const string Unpacking = ".restoring";

    /// <summary>Restores the backup.</summary>
    /// <param name="file">The backup.</param>
    /// <param name="progress">Hears the part that is done.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    /// <exception cref="BackupException">The folder is not empty, or the file is no whole backup; nothing is left.</exception>
    public BackupManifest Read(string file, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var existed = Directory.Exists(storage.FullRoot);
        if (File.Exists(storage.FullRoot) || (existed && Directory.EnumerateFileSystemEntries(storage.FullRoot).Any()))
        {
            throw new BackupException($"{storage.FullRoot} is not empty; a backup is restored into a folder that is empty or not there.");
        }

        if (!File.Exists(file))
        {
            throw new BackupException($"There is no file {file}.");
        }

        try
        {
            using var archive = ZipFile.OpenRead(file);
            storage.CreateRoot();
            var unpacked = new StorageOptions { Root = Path.Combine(storage.FullRoot, Unpacking) };
            unpacked.CreateRoot();
            var manifest = Unpack(archive, unpacked, progress, cancellationToken);
            Check(manifest, unpacked);
            var whole = new ContentStore(storage.FullRoot);
            // Once for the files and once for their places: a power failure finds all of a storage that was said to be restored, or none.
            whole.Settle();
            MoveUp(unpacked);
            whole.Settle();
            return manifest;
        }
        catch (Exception damaged) when (damaged is InvalidDataException or ImageRejectedException or JsonException or SqliteException or ArgumentException)
        {
            Clear(existed);
            throw Damaged("it is damaged, cut short, or something else", damaged);
        }
        catch
        {
            Clear(existed);
            throw;
        }
    }

    private static BackupManifest Unpack(ZipArchive archive, StorageOptions unpacked, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var manifest = ReadManifest(archive);
        var store = new ContentStore(unpacked.ContentFolder);
        var done = 0;
        foreach (var entry in archive.Entries)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (manifest.Files.TryGetValue(entry.FullName, out var hash))
            {
                UnpackFile(entry, Path.Combine(unpacked.FullRoot, entry.FullName), hash);
            }
            else if (entry.FullName != BackupManifest.EntryName)
            {
                UnpackImage(entry, unpacked, store);
            }

            progress.Report((double)++done / archive.Entries.Count);
        }

        return manifest;
    }

    private static BackupManifest ReadManifest(ZipArchive archive)
    {
        var entry = archive.GetEntry(BackupManifest.EntryName) ?? throw Damaged("it has no manifest");
        var json = BoundedReader.ReadToEnd(entry.Open(), SourceLimits.Default);
        if (Crc32.HashToUInt32(json) != entry.Crc32)
        {
            throw Damaged("its manifest is damaged");
        }

        var manifest = BackupManifest.Parse(json);
        RequireKnown(manifest.Format <= BackupManifest.CurrentFormat, manifest);

        // Looked at before anything is written: a name may lead out of the folder.
        return manifest.Files.Keys.Any(path => SourcePath.LeadsOut(path.Replace('\\', '/'))) ? throw Damaged("a name in it leads out of the folder") : manifest;
    }

    private static void RequireKnown(bool isKnown, BackupManifest manifest)
    {
        if (!isKnown)
        {
            throw new BackupException($"This backup was made by a later version, {manifest.Software}; restore it with that.");
        }
    }

    private static void UnpackFile(ZipArchiveEntry entry, string file, string hash)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var content = new FileStream(file, FileMode.CreateNew);
        using (var packed = entry.Open())
        {
            packed.CopyTo(content);
        }

        content.Position = 0;
        if (Convert.ToHexStringLower(SHA256.HashData(content)) != hash)
        {
            throw Damaged($"{entry.FullName} in it is damaged");
        }
    }

    private static void UnpackImage(ZipArchiveEntry entry, StorageOptions unpacked, ContentStore store)
    {
        if (!ContentStore.IsHash(entry.Name) || entry.FullName != StorageInventory.ImagePath(unpacked, entry.Name))
        {
            throw Damaged("it holds what no backup holds");
        }

        using var content = entry.Open();
        if (store.Put(content) != entry.Name)
        {
            throw Damaged("an image in it is damaged");
        }
    }

    private void Check(BackupManifest manifest, StorageOptions unpacked)
    {
        if (!File.Exists(unpacked.DatabaseFile) || !((string[])[unpacked.DatabaseFile, unpacked.JobsDatabaseFile]).Where(File.Exists).All(SqliteCopy.IsSound))
        {
            throw Damaged("its database is not sound");
        }

        using (var db = new AppDbContext(new DbContextOptionsBuilder<AppDbContext>()
            .UseSqlite(SqliteCopy.ConnectionString(unpacked.DatabaseFile), sqlite => sqlite.MigrationsAssembly(migrationsAssembly)).Options))
        {
            RequireKnown(!DatabaseStarter.IsOfLaterVersion(db), manifest);
        }

        var inventory = StorageInventory.Read(unpacked);
        if (inventory.Counts != manifest.Counts)
        {
            throw Damaged("its database does not hold what its manifest says");
        }

        if (manifest.Files.Keys.Concat(inventory.Models).Concat(inventory.Images).Except(manifest.Missing).Any(path => !File.Exists(Path.Combine(unpacked.FullRoot, path))))
        {
            throw Damaged("a file is missing in it");
        }
    }

    private void MoveUp(StorageOptions unpacked)
    {
        foreach (var entry in Directory.GetFileSystemEntries(unpacked.FullRoot).OrderBy(entry => entry == unpacked.DatabaseFile))
        {
            Directory.Move(entry, Path.Combine(storage.FullRoot, Path.GetFileName(entry)));
        }

        Directory.Delete(unpacked.FullRoot);
    }

    /// <summary>Takes away what was written; the folder itself stays where it was there before.</summary>
    private void Clear(bool keepFolder)
    {
        var root = new DirectoryInfo(storage.FullRoot);
        foreach (var entry in root.Exists ? root.EnumerateFileSystemInfos() : [])
        {
            if (entry is DirectoryInfo folder)
            {
                folder.Delete(recursive: true);
            }
            else
            {
                entry.Delete();
            }
        }

        if (root.Exists && !keepFolder)
        {
            root.Delete();
        }
    }

    private static BackupException Damaged(string what, Exception? cause = null) => new($"This file is no whole backup: {what}.", cause);
}
