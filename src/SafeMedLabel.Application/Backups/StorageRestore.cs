using System.IO.Compression;
using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Files;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Application.Backups;

/// <summary>Makes a storage of a backup, in a folder that is absent or empty.</summary>
/// <remarks>
/// A backup may come from anywhere. Only what its manifest and its database name is unpacked, at the places that a storage has for it, and no more
/// bytes of it than they and the disk's free room allow; a backup with anything else in it is refused. All of it is unpacked into a folder inside the
/// storage's own, which is on the same disk even where it is a mounted volume, and is checked there. Then it moves up, the application's database last: a
/// server takes what a killed restore leaves for no storage.
/// </remarks>
/// <param name="storage">Where it is to be.</param>
/// <param name="migrationsAssembly">What holds the migrations that this program knows.</param>
/// <param name="freeBytes">What is free on the disk of a folder that is there; null to ask the system.</param>
public sealed class StorageRestore(StorageOptions storage, string migrationsAssembly, Func<string, long>? freeBytes = null)
{
    private const string Unpacking = ".restoring";
    private const int PieceLength = 1 << 20;

    /// <summary>Bytes that a database may have however few they are packed into; larger ones unfold at most <see cref="SourceLimits.MaxCompressionRatio"/> to one.</summary>
    private const long PlausibleDatabase = 64 << 20;

    /// <summary>Restores the backup.</summary>
    /// <param name="file">The backup.</param>
    /// <param name="progress">Hears the part that is done.</param>
    /// <param name="cancellationToken">Gives up; nothing is left.</param>
    /// <exception cref="BackupException">The folder is not empty, the disk has too little room, or the file is no whole backup; nothing is left.</exception>
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
            using var archive = new ZipArchive(RegularFile.OpenRead(file));
            storage.CreateRoot();
            var unpacked = new StorageOptions { Root = Path.Combine(storage.FullRoot, Unpacking) };
            unpacked.CreateRoot();
            var manifest = Unpack(archive, unpacked, progress, cancellationToken);
            var whole = new ContentStore(storage.FullRoot);
            // Once for the files and once for their places: a power failure finds all of a storage that was said to be restored, or none.
            whole.Settle();
            MoveUp(unpacked);
            whole.Settle();
            return manifest;
        }
        catch (Exception failure) when (StorageFailure.Describe(failure) == StorageFailure.Full)
        {
            Clear(existed);
            throw new BackupException($"The disk of {storage.FullRoot} is full, and the restore was given up; nothing of it is left.", failure);
        }
        catch (Exception told) when (told is BackupException or OperationCanceledException or UnauthorizedAccessException
            or (IOException and not EndOfStreamException))
        {
            Clear(existed);
            throw;
        }
        catch (Exception damaged)
        {
            // A stranger's file can go wrong in more ways than anybody could list.
            Clear(existed);
            throw Damaged("it is damaged, cut short, or something else", damaged);
        }
    }

    private BackupManifest Unpack(ZipArchive archive, StorageOptions unpacked, IProgress<double> progress, CancellationToken cancellationToken)
    {
        var manifest = ReadManifest(archive);
        var entries = Entries(archive, manifest, unpacked);
        var (total, done) = (Math.Max(1, entries.Values.Sum(e => (double)e.Length)), 0.0);
        void UnpackTo(string path, string hash, string damage)
        {
            Unpack(entries[path], Path.Combine(unpacked.FullRoot, path), hash, damage, cancellationToken);
            progress.Report((done += entries[path].Length) / total);
        }

        string[] databases = [.. DatabasesOf(unpacked).Where(manifest.Files.ContainsKey)];
        foreach (var path in databases)
        {
            UnpackTo(path, manifest.Files[path], $"{path} in it is damaged");
        }

        // They say what else there must be: only then is the rest worth its time and room.
        var inventory = Check(manifest, entries, unpacked);
        foreach (var path in manifest.Files.Keys.Except(databases))
        {
            UnpackTo(path, manifest.Files[path], $"{path} in it is damaged");
        }

        foreach (var path in inventory.Images.Where(entries.ContainsKey))
        {
            UnpackTo(path, Path.GetFileName(path), "an image in it is damaged");
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

    /// <summary>All that is in it but the manifest, by its path: what is listed, and what may be an image, each once and no larger than it may be.</summary>
    private Dictionary<string, ZipArchiveEntry> Entries(ZipArchive archive, BackupManifest manifest, StorageOptions unpacked)
    {
        var entries = new Dictionary<string, ZipArchiveEntry>(StringComparer.Ordinal);
        var databases = DatabasesOf(unpacked);
        foreach (var entry in archive.Entries)
        {
            if (!entries.TryAdd(entry.FullName, entry))
            {
                throw Damaged("it holds a name twice");
            }

            if (entry.FullName == BackupManifest.EntryName)
            {
                continue;
            }

            var isListed = manifest.Files.ContainsKey(entry.FullName);
            if (!isListed && !(ContentStore.IsHash(entry.Name) && entry.FullName == StorageInventory.ImagePath(unpacked, entry.Name)))
            {
                throw Damaged("it holds what no backup holds");
            }

            if (isListed && manifest.Format >= BackupManifest.FirstWithLengths
                && !(manifest.Lengths.TryGetValue(entry.FullName, out var length) && length == entry.Length))
            {
                throw Damaged($"{entry.FullName} in it is damaged");
            }

            // Databases alone are packed; of nothing else more comes out than lies in the file.
            var isDatabase = databases.Contains(entry.FullName);
            if (!isDatabase && entry.Length > entry.CompressedLength)
            {
                throw Damaged("it holds what no backup holds");
            }

            if (isDatabase && (!HasDatabaseHeader(entry)
                || (entry.Length > PlausibleDatabase && entry.Length / Math.Max(1, entry.CompressedLength) > SourceLimits.Default.MaxCompressionRatio)))
            {
                throw Damaged($"{entry.FullName} in it is damaged");
            }
        }

        entries.Remove(BackupManifest.EntryName);
        RequireRoom(entries.Values);
        return entries;
    }

    private static bool HasDatabaseHeader(ZipArchiveEntry entry)
    {
        var header = new byte[SqliteCopy.HeaderLength];
        using var packed = entry.Open();
        var length = packed.ReadAtLeast(header, header.Length, throwOnEndOfStream: false);
        return SqliteCopy.IsHeaderOf(header.AsSpan(0, length), entry.Length);
    }

    private void RequireRoom(IEnumerable<ZipArchiveEntry> entries)
    {
        var (needed, free) = (entries.Aggregate(Int128.Zero, (sum, entry) => sum + entry.Length), (freeBytes ?? FreeBytes)(storage.FullRoot));
        if (needed > free)
        {
            throw new BackupException(FormattableString.Invariant(
                $"The backup takes {(double)needed / 1e9:0.0##} GB where it is restored, and only {free / 1e9:0.0##} GB are free there."));
        }
    }

    /// <summary>What is free for this program on the disk of a folder; on Windows of the drive, elsewhere of what is mounted there.</summary>
    private static long FreeBytes(string folder) => new DriveInfo(OperatingSystem.IsWindows() ? Path.GetPathRoot(folder)! : folder).AvailableFreeSpace;

    /// <summary>Writes a file, no more of it than its length says, and makes sure that it is what it should be.</summary>
    private static void Unpack(ZipArchiveEntry entry, string file, string hash, string damage, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        using var content = new FileStream(file, FileMode.CreateNew);
        using var packed = entry.Open();
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (piece, length) = (new byte[(int)Math.Clamp(entry.Length, 1, PieceLength)], 0L);
        while (packed.Read(piece) is var read and > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            length += read;
            if (length > entry.Length)
            {
                throw Damaged(damage);
            }

            digest.AppendData(piece, 0, read);
            content.Write(piece, 0, read);
        }

        if (length != entry.Length || Convert.ToHexStringLower(digest.GetHashAndReset()) != hash)
        {
            throw Damaged(damage);
        }
    }

    /// <summary>Asks the databases whether they are sound, and what belongs to them; then nothing may be missing, and nothing else be there.</summary>
    private StorageInventory Check(BackupManifest manifest, Dictionary<string, ZipArchiveEntry> entries, StorageOptions unpacked)
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

        if (manifest.Files.Keys.Concat(inventory.Models.Keys).Concat(inventory.Weights.Keys).Concat(inventory.Images).Except(manifest.Missing).Any(path => !entries.ContainsKey(path)))
        {
            throw Damaged("a file is missing in it");
        }

        var databases = DatabasesOf(unpacked);
        bool HasPlace(string path) => databases.Contains(path) || inventory.Models.ContainsKey(path) || inventory.Weights.ContainsKey(path) || StorageInventory.IsKey(unpacked, path);
        if (!manifest.Files.Keys.All(path => entries.ContainsKey(path) && HasPlace(path)))
        {
            throw Damaged("its manifest lists what no backup holds");
        }

        if (entries.Keys.Except(manifest.Files.Keys).Except(inventory.Images).Any())
        {
            throw Damaged("it holds what no backup holds");
        }

        if (inventory.Weights.Keys.Any(path => manifest.Files.TryGetValue(path, out var listed) && !inventory.IsKnown(path, listed)))
        {
            throw Damaged("weights in it are not those that a round began with");
        }

        return inventory.Models.Any(model => model.Value is { } hash && manifest.Files.TryGetValue(model.Key, out var listed) && listed != hash)
            ? throw Damaged("a model in it is not the one that its round made")
            : inventory;
    }

    private static string[] DatabasesOf(StorageOptions unpacked) =>
        [StorageInventory.PathIn(unpacked, unpacked.DatabaseFile), StorageInventory.PathIn(unpacked, unpacked.JobsDatabaseFile)];

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
