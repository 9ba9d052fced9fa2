using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Jobs;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;

namespace SafeMedLabel.Application.Backups;

/// <summary>Makes one file of a storage, while its server and its workers go on.</summary>
/// <remarks>
/// The databases come first, the scheduler's before the application's: work without a job is found by <see cref="OrphanRecovery"/>, and a job without its
/// work ends at once. Then come the files that the copied database names, all of which lie there before it names them, and never change: images,
/// models, and the keys that protect cookies and seal the audit trail. Files of weights belong to whoever runs the server, who may change one meanwhile: each is copied
/// before its hash is taken. What can be made again stays out: training pixels, files of exports, and
/// checkpoints of rounds in training, which begin anew. So do archives that wait for their import; it fails after a restore, and whoever sent them has them.
/// </remarks>
public sealed class StorageBackup(StorageOptions storage, string software, TimeProvider time)
{
    /// <summary>Writes the backup. Under its name it is whole and on the disk; until then it is called so with <c>.part</c> behind.</summary>
    /// <param name="file">The file to make.</param>
    /// <param name="overwrite">True to replace a file of that name, once the new one is whole.</param>
    /// <param name="progress">Hears the part that is done.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    /// <exception cref="BackupException">There is no storage, its database is damaged, or the file is there already.</exception>
    public BackupManifest Write(string file, bool overwrite, IProgress<double> progress, CancellationToken cancellationToken)
    {
        file = Path.GetFullPath(file);
        if (!File.Exists(storage.DatabaseFile))
        {
            throw new BackupException($"There is no storage in {storage.FullRoot}: it holds no {Path.GetFileName(storage.DatabaseFile)}.");
        }

        if (Directory.Exists(file) || RegularFile.IsOther(file) || (File.Exists(file) && !overwrite))
        {
            throw new BackupException($"{file} is there already.");
        }

        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        var part = $"{file}.part";
        var copies = new StorageOptions { Root = $"{file}.databases" };
        var stream = Open(part);
        try
        {
            BackupManifest manifest;
            using (stream)
            using (StorageFiles.Hold(storage, cancellationToken))
            {
                Remove(copies);
                copies.CreateRoot();
                manifest = Fill(stream, copies, progress, cancellationToken);
                stream.Flush(flushToDisk: true);
            }

            File.Move(part, file, overwrite);
            return manifest;
        }
        catch (Exception failure) when (StorageFailure.Describe(failure) == StorageFailure.Full)
        {
            throw new BackupException(
                $"The disk of {file} is full, and the backup was given up; nothing of it is left. Name a file on another disk with --out.", failure);
        }
        catch (SqliteException failure)
        {
            throw new BackupException($"The database cannot be read: {failure.Message}", failure);
        }
        finally
        {
            // Under its own name it is no longer there.
            File.Delete(part);
            Remove(copies);
        }
    }

    private BackupManifest Fill(FileStream stream, StorageOptions copies, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var begun = time.GetUtcNow().UtcDateTime;
        foreach (var (from, to) in ((string, string)[])[(storage.JobsDatabaseFile, copies.JobsDatabaseFile), (storage.DatabaseFile, copies.DatabaseFile)])
        {
            if (File.Exists(from))
            {
                SqliteCopy.Make(from, to);
                if (!SqliteCopy.IsSound(to))
                {
                    throw new BackupException($"{from} is damaged, and a copy of it would be; the latest backup from before may be whole.");
                }
            }
        }

        using var archive = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true);
        var files = new Dictionary<string, (string Hash, long Length)>();
        var missing = new List<string>();
        foreach (var database in ((string[])[copies.DatabaseFile, copies.JobsDatabaseFile]).Where(File.Exists))
        {
            Add(archive, database, StorageInventory.PathIn(copies, database), CompressionLevel.Fastest, files);
        }

        var inventory = StorageInventory.Read(copies);
        var keys = (Directory.Exists(storage.KeyFolder) ? Directory.GetFiles(storage.KeyFolder) : []).Select(key => StorageInventory.PathIn(storage, key));
        foreach (var path in inventory.Models.Keys.Concat(keys.Where(key => StorageInventory.IsKey(storage, key))))
        {
            cancellationToken.ThrowIfCancellationRequested();
            var file = Path.Combine(storage.FullRoot, path);
            // A model that is not what its round made would only be found out by a restore, as an image would.
            if (File.Exists(file) && (inventory.Models.GetValueOrDefault(path) is not { } hash || hash == HashOf(file)))
            {
                Add(archive, file, path, CompressionLevel.NoCompression, files);
            }
            else
            {
                missing.Add(path);
            }
        }

        foreach (var path in inventory.Weights.Keys)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!TryAddWeights(archive, inventory, path, copies, files))
            {
                missing.Add(path);
            }
        }

        RequireRoom(stream, inventory);
        foreach (var (done, path) in inventory.Images.Index())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!TryAddImage(archive, path))
            {
                missing.Add(path);
            }

            progress.Report((done + 1.0) / inventory.Images.Count);
        }

        var manifest = new BackupManifest
        {
            Format = BackupManifest.CurrentFormat,
            Software = software,
            MadeUtc = begun,
            Counts = inventory.Counts,
            Files = files.ToDictionary(file => file.Key, file => file.Value.Hash),
            Lengths = files.ToDictionary(file => file.Key, file => file.Value.Length),
            Missing = missing,
        };
        using (var entry = archive.CreateEntry(BackupManifest.EntryName).Open())
        {
            entry.Write(manifest.ToJson());
        }

        return manifest;
    }

    /// <summary>Images are not packed smaller: how much they take is known before the disk is full of them.</summary>
    private void RequireRoom(FileStream stream, StorageInventory inventory)
    {
        var needed = inventory.Images.Sum(path => new FileInfo(Path.Combine(storage.FullRoot, path)) is { Exists: true } file ? file.Length : 0);
        var free = new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(stream.Name)! : Path.GetDirectoryName(stream.Name)!).AvailableFreeSpace;
        if (needed > free)
        {
            throw new BackupException(FormattableString.Invariant(
                $"The images of the backup need about {needed >> 20:N0} MB, and {free >> 20:N0} MB are free there; name a file on another disk with --out."));
        }
    }

    /// <summary>Keys of cookies and patients' pictures are in it: nobody else of this machine may read along.</summary>
    private static FileStream Open(string part)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.ReadWrite };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(part, options);
    }

    private static void Add(ZipArchive archive, string file, string path, CompressionLevel level, Dictionary<string, (string Hash, long Length)> files)
    {
        using var content = RegularFile.OpenRead(file);
        files.Add(path, (HashOf(content), content.Length));
        using var entry = archive.CreateEntry(path, level).Open();
        content.CopyTo(entry);
    }

    /// <summary>Pictures are compressed already. One that is not what its name says would only be found out by a restore, when it is too late.</summary>
    private bool TryAddImage(ZipArchive archive, string path)
    {
        var file = Path.Combine(storage.FullRoot, path);
        if (!File.Exists(file))
        {
            return false;
        }

        using var content = RegularFile.OpenRead(file);
        if (HashOf(content) != Path.GetFileName(file))
        {
            return false;
        }

        using var entry = archive.CreateEntry(path, CompressionLevel.NoCompression).Open();
        content.CopyTo(entry);
        return true;
    }

    /// <summary>Adds a file of weights. False, as if it were missing, where it is a link, or where only rounds name it and it is none that they began with.</summary>
    private bool TryAddWeights(ZipArchive archive, StorageInventory inventory, string path, StorageOptions copies, Dictionary<string, (string Hash, long Length)> files)
    {
        if (WeightsFiles.Problem(storage, Path.GetFileName(path)) is not null)
        {
            return false;
        }

        var copy = Path.Combine(copies.FullRoot, path);
        Directory.CreateDirectory(copies.WeightsFolder);
        using (var content = RegularFile.OpenRead(Path.Combine(storage.FullRoot, path)))
        using (var to = new FileStream(copy, FileMode.CreateNew))
        {
            content.CopyTo(to);
        }

        var isKnown = inventory.IsKnown(path, HashOf(copy));
        if (isKnown)
        {
            Add(archive, copy, path, CompressionLevel.NoCompression, files);
        }

        File.Delete(copy);
        return isKnown;
    }

    private static string HashOf(string file)
    {
        using var content = File.OpenRead(file);
        return HashOf(content);
    }

    /// <summary>The SHA-256 of a file, which can then be read from its beginning.</summary>
    private static string HashOf(FileStream content)
    {
        var hash = Convert.ToHexStringLower(SHA256.HashData(content));
        content.Position = 0;
        return hash;
    }

    private static void Remove(StorageOptions copies)
    {
        if (Directory.Exists(copies.FullRoot))
        {
            Directory.Delete(copies.FullRoot, recursive: true);
        }
    }
}
