using System.Collections.Concurrent;
using System.IO.Compression;
using FsCheck.Fluent;
using FsCheck.Xunit;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Backups;

public sealed class BackupTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Backup => _folder.File("safemed.backup");

    private StorageOptions Restored => new() { Root = _folder.File("restored") };

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync();

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_backup_holds_every_label_that_was_acknowledged_before_it()
    {
        await _workplace.AddImagesAsync(3);
        var acknowledged = new ConcurrentQueue<Guid>();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var reading = Task.Run(() => ReadAsync(acknowledged, end.Token), Cancellation);

        for (var round = 0; round < 4; round++)
        {
            var (before, file, restored) = (acknowledged.Count, $"{Backup}{round}", new StorageOptions { Root = _folder.File($"restored-{round}") });
            await UntilAsync(() => acknowledged.Count >= before + 25 || reading.IsCompleted);
            Guid[] promised = [.. acknowledged];
            var manifest = Write(_workplace.Storage, file);
            Read(file, restored);

            await using var db = Open(restored);
            var kept = await db.LabelEvents.Select(e => e.ClientKey).ToHashSetAsync(Cancellation);
            Assert.Subset(kept, promised.ToHashSet());
            Assert.Equal((manifest.Counts.Labels, "ok"), (kept.Count, await db.Database.SqlQuery<string>($"SELECT integrity_check AS Value FROM pragma_integrity_check").SingleAsync(Cancellation)));
        }

        await end.CancelAsync();
        await reading;
    }

    [Fact]
    public async Task What_is_restored_is_all_that_a_server_goes_on_with_and_nothing_that_can_be_made_again()
    {
        var images = await _workplace.AddImagesAsync(3);
        var label = await _workplace.AnswerNextAsync("ada", classIndex: 1);
        await _workplace.Get<Application.Jobs.JobScheduler>().ScheduleRoundAsync(1, Cancellation);
        await AddModelAsync();
        Keep("projects/1/pixels-64-0123456789abcdef.rgb", "projects/1/round-2.checkpoint", "uploads/waiting.zip", "content/aa/bb/orphan");

        var made = Write(_workplace.Storage, Backup);
        var restored = Read(Backup, Restored);

        Assert.Equal(new BackupCounts(1, 3, 1, 1), made.Counts);
        Assert.Equivalent(made, restored, strict: true);
        await using var db = Open(Restored);
        Assert.Equal((label, 1), await db.Answers.Select(a => new ValueTuple<Guid, int?>(a.ImageId, a.ClassIndex)).SingleAsync(Cancellation));
        Assert.Equal(
            [.. (await Hashes(db).ToListAsync(Cancellation)).Select(h => $"content/{h[..2]}/{h[2..4]}/{h}"), "jobs.db", "keys/audit.key", "keys/key-1.xml", "projects/1/round-1.json", "projects/1/round-1.safetensors", "safemedlabel.db"],
            Files(Restored.FullRoot));
        Assert.Equal("weights"u8.ToArray(), await File.ReadAllBytesAsync(Path.Combine(Restored.ProjectFolder(1), "round-1.safetensors"), Cancellation));
        Assert.Equal(images.Count, await Hashes(db).CountAsync(Cancellation));
    }

    [Fact]
    public async Task A_backup_is_readable_for_its_maker_alone_and_leaves_nothing_beside_it()
    {
        await _workplace.AddImagesAsync(1);
        Write(_workplace.Storage, Backup);

        Assert.Equal(["safemed.backup"], Files(_folder.Path));
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Backup));
        }
    }

    [Fact]
    public void A_file_that_is_there_is_replaced_only_on_demand_and_a_folder_without_a_storage_is_refused()
    {
        _folder.Add("safemed.backup", [1]);

        Assert.Equal($"{Backup} is there already.", Assert.Throws<BackupException>(() => Write(_workplace.Storage, Backup)).Message);
        Assert.Equal([1], File.ReadAllBytes(Backup));
        Write(_workplace.Storage, Backup, overwrite: true);
        Read(Backup, Restored);
        Assert.StartsWith("There is no storage in", Assert.Throws<BackupException>(() => Write(new StorageOptions { Root = _folder.File("nowhere") }, _folder.File("other"))).Message, StringComparison.Ordinal);
        Assert.False(Path.Exists(_folder.File("nowhere")) || Path.Exists(_folder.File("other")));
    }

    [Fact]
    public async Task An_image_that_the_storage_has_lost_or_damaged_is_named_and_all_else_is_kept()
    {
        await _workplace.AddImagesAsync(3);
        await using var db = _workplace.Open();
        var content = (await Hashes(db).ToListAsync(Cancellation)).ConvertAll(h => Path.Combine(_workplace.Storage.ContentFolder, h[..2], h[2..4], h));
        File.Delete(content[0]);
        await File.AppendAllTextAsync(content[1], "rot", Cancellation);

        Assert.Equal(content.Take(2).Select(Path.GetFileName), Write(_workplace.Storage, Backup).Missing.Select(Path.GetFileName));
        Read(Backup, Restored);

        Assert.Equal(Path.GetFileName(content[2]), Path.GetFileName(Assert.Single(Files(Restored.ContentFolder))));
    }

    [Fact]
    public async Task Files_of_weights_that_rounds_or_projects_name_are_in_a_backup_and_no_others()
    {
        KeepWeights("begun.pth", "chosen.safetensors", "nobodys.pth");
        await BeginAsync("begun.pth", ContentStore.Hash("begun.pth"u8));
        await _workplace.ChangeAsync(p => (p.Beginning, p.BeginningFile) = (Beginning.File, "chosen.safetensors"));

        Assert.Empty(Write(_workplace.Storage, Backup).Missing);
        Read(Backup, Restored);

        Assert.Equal(["begun.pth", "chosen.safetensors"], Files(Restored.WeightsFolder));
        Assert.Equal("begun.pth", await File.ReadAllTextAsync(Path.Combine(Restored.WeightsFolder, "begun.pth"), Cancellation));
        Assert.Equal(["safemed.backup"], Files(_folder.Path).Where(file => !file.StartsWith("restored", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task Weights_that_are_gone_or_not_those_that_a_round_began_with_are_named_as_missing_but_a_project_takes_them_as_they_are()
    {
        KeepWeights("changed.pth", "chosen.pth", "elsewhere");
        File.CreateSymbolicLink(Path.Combine(_workplace.Storage.WeightsFolder, "linked.pth"), Path.Combine(_workplace.Storage.WeightsFolder, "elsewhere"));
        await BeginAsync("gone.pth", ContentStore.Hash("gone"u8));
        await BeginAsync("changed.pth", ContentStore.Hash("as it was"u8));
        await BeginAsync("linked.pth", ContentStore.Hash("elsewhere"u8));
        await BeginAsync("chosen.pth", ContentStore.Hash("as it was"u8));
        await _workplace.ChangeAsync(p => (p.Beginning, p.BeginningFile) = (Beginning.File, "chosen.pth"));

        Assert.Equal(["weights/changed.pth", "weights/gone.pth", "weights/linked.pth"], Write(_workplace.Storage, Backup).Missing.Order(StringComparer.Ordinal));
        Read(Backup, Restored);

        Assert.Equal(["chosen.pth"], Files(Restored.WeightsFolder));
    }

    [Theory]
    [InlineData("flipped", "an image in it is damaged")]
    [InlineData("key", "keys/key-1.xml in it is damaged")]
    [InlineData("short", "it is damaged, cut short, or something else")]
    [InlineData("missing", "a file is missing in it")]
    [InlineData("model", "a file is missing in it")]
    [InlineData("weights", "a file is missing in it")]
    [InlineData("out", "it holds what no backup holds")]
    [InlineData("listed", "a name in it leads out of the folder")]
    [InlineData("counts", "its database does not hold what its manifest says")]
    [InlineData("bare", "it has no manifest")]
    [InlineData("text", "it is damaged, cut short, or something else")]
    public async Task A_damaged_or_foreign_backup_is_refused_with_one_sentence_and_leaves_nothing(string damage, string sentence)
    {
        await _workplace.AddImagesAsync(2);
        await AddModelAsync();
        KeepWeights("begun.pth");
        await BeginAsync("begun.pth", ContentStore.Hash("begun.pth"u8));
        Write(_workplace.Storage, Backup);
        Damage(damage);

        var refused = Assert.Throws<BackupException>(() => Read(Backup, Restored));

        Assert.Equal($"This file is no whole backup: {sentence}.", refused.Message);
        Assert.Equal(["safemed.backup"], Files(_folder.Path));
        Assert.False(Path.Exists(Restored.FullRoot));
    }

    [Fact]
    public async Task A_folder_with_something_in_it_is_refused_as_it_is_and_an_empty_one_is_empty_again_after_a_refusal()
    {
        await _workplace.AddImagesAsync(1);
        Write(_workplace.Storage, Backup);
        var file = _folder.Add("restored/precious.txt", [1]);

        Assert.StartsWith($"{Restored.FullRoot} is not empty", Assert.Throws<BackupException>(() => Read(Backup, Restored)).Message, StringComparison.Ordinal);
        Assert.Equal(["precious.txt"], Files(Restored.FullRoot));
        File.Delete(file);
        Damage("short");
        Assert.Throws<BackupException>(() => Read(Backup, Restored));
        Assert.Empty(Directory.GetFileSystemEntries(Restored.FullRoot));
    }

    [Fact]
    public async Task A_backup_whose_database_knows_more_than_this_program_is_refused_and_leaves_nothing()
    {
        await AddLaterMigrationAsync();
        Write(_workplace.Storage, Backup);
        Assert.Equal("This backup was made by a later version, SafeMedLabel test; restore it with that.", Assert.Throws<BackupException>(() => Read(Backup, Restored)).Message);
        Assert.False(Directory.Exists(Restored.FullRoot));
    }

    [Fact]
    public async Task A_server_does_not_start_on_the_database_of_a_later_version()
    {
        await AddLaterMigrationAsync();
        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => _workplace.Get<DatabaseStarter>().StartAsync(Cancellation));
        Assert.StartsWith("The database is that of a later version of this program;", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whichever_byte_of_a_backup_is_flipped_it_is_refused_or_restored_as_it_was()
    {
        await _workplace.AddImagesAsync(2);
        await AddModelAsync();
        Write(_workplace.Storage, Backup);
        Read(Backup, Restored);
        var (whole, packed) = (Contents(Restored.FullRoot), await File.ReadAllBytesAsync(Backup, Cancellation));

        Prop.ForAll(Gen.Choose(0, packed.Length - 1).ToArbitrary(), Gen.Choose(1, 255).ToArbitrary(), (at, mask) =>
        {
            using var folder = new TemporaryFolder();
            var flipped = folder.Add("flipped", [.. packed[..at], (byte)(packed[at] ^ mask), .. packed[(at + 1)..]]);
            var storage = new StorageOptions { Root = folder.File("restored") };
            try
            {
                Read(flipped, storage);
                Assert.Equal(whole, Contents(storage.FullRoot));
            }
            catch (Exception refused) when (refused is BackupException or IOException)
            {
                Assert.Equal(["flipped"], Files(folder.Path));
            }
        }).QuickCheckThrowOnFailure(TestContext.Current.TestOutputHelper!);
    }

    /// <summary>Labels and takes back, so that the queue never ends, until told to stop.</summary>
    private async Task ReadAsync(ConcurrentQueue<Guid> acknowledged, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var key = Guid.NewGuid();
            Assert.Null((await _workplace.AnswerAsync("ada", await _workplace.NextAsync("ada"), clientKey: key)).Error);
            acknowledged.Enqueue(key);
            Assert.Null((await _workplace.Labelling.UndoAsync(_workplace.ProjectId, "ada", Cancellation)).Error);
        }
    }

    private async Task AddModelAsync()
    {
        await using var db = _workplace.Open();
        db.Rounds.Add(new Round { ProjectId = _workplace.ProjectId, Number = 1, Method = "safemed-ssl", State = RoundState.Completed, ModelFile = "round-1.safetensors" });
        await db.SaveChangesAsync(Cancellation);
        Keep("projects/1/round-1.json", "keys/key-1.xml");
        await File.WriteAllTextAsync(Path.Combine(_workplace.Storage.ProjectFolder(1), "round-1.safetensors"), "weights", Cancellation);
    }

    /// <summary>A round that began with a file of weights.</summary>
    private async Task BeginAsync(string file, string hash)
    {
        await using var db = _workplace.Open();
        var number = await db.Rounds.CountAsync(Cancellation) + 1;
        db.Rounds.Add(new Round { ProjectId = _workplace.ProjectId, Number = number, Method = "safemed-ssl", State = RoundState.Failed, Beginning = Beginning.File, BeginningFile = file, BeginningFileHash = hash });
        await db.SaveChangesAsync(Cancellation);
    }

    /// <summary>Files of weights, each of which holds its own name.</summary>
    private void KeepWeights(params string[] names)
    {
        Directory.CreateDirectory(_workplace.Storage.WeightsFolder);
        foreach (var name in names)
        {
            File.WriteAllText(Path.Combine(_workplace.Storage.WeightsFolder, name), name);
        }
    }

    private void Keep(params string[] paths)
    {
        foreach (var path in paths.Select(path => Path.Combine(_workplace.Storage.FullRoot, path)))
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.WriteAllText(path, path);
        }
    }

    private void Damage(string how)
    {
        switch (how)
        {
            case "flipped":
                Flip(PngSignature);
                break;
            case "key":
                Flip("/keys/key-1.xml"u8);
                break;
            case "short":
                using (var file = File.OpenWrite(Backup))
                {
                    file.SetLength(file.Length * 2 / 3);
                }

                break;
            case "missing":
                Change(archive => archive.Entries.First(e => e.FullName.StartsWith("content/", StringComparison.Ordinal)).Delete());
                break;
            case "model":
                Change(archive => archive.GetEntry("projects/1/round-1.safetensors")!.Delete());
                break;
            case "weights":
                Change(archive => archive.GetEntry("weights/begun.pth")!.Delete());
                break;
            case "out":
                Change(archive => Add(archive, "../escaped.txt", "x"));
                break;
            case "listed":
                ChangeManifest("\"keys/key-1.xml\":\"", "\"../escaped.xml\":\"\",\"keys/key-1.xml\":\"");
                Change(archive => Add(archive, "../escaped.xml", "x"));
                break;
            case "counts":
                ChangeManifest("\"images\":2", "\"images\":3");
                break;
            case "bare":
                Change(archive => archive.GetEntry("manifest.json")!.Delete());
                break;
            default:
                File.WriteAllText(Backup, "no zip at all");
                break;
        }
    }

    private static ReadOnlySpan<byte> PngSignature => [0x89, 0x50, 0x4E, 0x47];

    /// <summary>Changes a byte behind the last place where some bytes stand.</summary>
    private void Flip(ReadOnlySpan<byte> before)
    {
        var bytes = File.ReadAllBytes(Backup);
        bytes[bytes.AsSpan().LastIndexOf(before) + before.Length - 1] ^= 0x10;
        File.WriteAllBytes(Backup, bytes);
    }

    private void Change(Action<ZipArchive> change)
    {
        using var archive = ZipFile.Open(Backup, ZipArchiveMode.Update);
        change(archive);
    }

    private void ChangeManifest(string from, string to) => Change(archive =>
    {
        var entry = archive.GetEntry("manifest.json")!;
        using var reader = new StreamReader(entry.Open());
        var changed = reader.ReadToEnd().Replace(from, to, StringComparison.Ordinal);
        Assert.Contains(to, changed, StringComparison.Ordinal);
        reader.Dispose();
        entry.Delete();
        Add(archive, "manifest.json", changed);
    });

    private static void Add(ZipArchive archive, string name, string text)
    {
        using var writer = new StreamWriter(archive.CreateEntry(name).Open());
        writer.Write(text);
    }

    private async Task AddLaterMigrationAsync()
    {
        await using var db = _workplace.Open();
        await db.Database.ExecuteSqlRawAsync("INSERT INTO __EFMigrationsHistory VALUES ('99990101000000_WhatIsToCome', '99.0.0')", Cancellation);
    }

    private static BackupManifest Write(StorageOptions storage, string file, bool overwrite = false) =>
        new StorageBackup(storage, "SafeMedLabel test", TimeProvider.System).Write(file, overwrite, new Progress<double>(), Cancellation);

    private static BackupManifest Read(string file, StorageOptions storage) => new StorageRestore(storage, "SafeMedLabel.Migrations.Sqlite").Read(file, new Progress<double>(), Cancellation);

    private static AppDbContext Open(StorageOptions storage) =>
        new(new DbContextOptionsBuilder<AppDbContext>().UseSqlite($"Data Source={storage.DatabaseFile};Pooling=False").Options);

    private static IQueryable<string> Hashes(AppDbContext db) => db.Images.Select(i => i.ContentHash).OrderBy(hash => hash);

    private static IEnumerable<string> Files(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(folder, file)).Order(StringComparer.Ordinal);

    private static Dictionary<string, string> Contents(string folder) => Files(folder).ToDictionary(file => file, file => ContentStore.Hash(File.ReadAllBytes(Path.Combine(folder, file))));

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, Cancellation);
        }
    }
}
