using System.Buffers.Binary;
using System.IO.Compression;
using System.Text.Json.Nodes;
using FsCheck;
using FsCheck.Fluent;
using Microsoft.EntityFrameworkCore;
using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Backups that somebody has made to do harm: each ends in one sentence and leaves nothing, or is restored as it was made.</summary>
public sealed class HostileBackupTests : IAsyncLifetime
{
    private const string Model = "projects/1/round-1.safetensors";

    private static readonly string[] ManifestMembers = ["format", "software", "madeUtc", "counts", "files", "lengths", "missing"];

    /// <summary>What somebody may write where a manifest has something else.</summary>
    private static readonly string[] Odd =
    [
        "null", "-1", "0", "3", "1e308", "1e999", "99999999999999999999", "\"\"", "\"x\"", "\"../x\"", "\"keys/audit.key\"", "[]", "[null]", "[[[]]]",
        "{}", "{\"x\":null}", "{\"x\":1}", "{\"x\":\"y\"}", "true",
    ];

    private static readonly string[] OddPlaces =
    [
        "x", "keys", "keys/", "keys/x", "keys/.x", "keys/a.sh", "keys/a/b.xml", "keys/../x.xml", "keys\\a.xml", "KEYS/a.xml", "/keys/a.xml",
        "./keys/a.xml", "keys/./a.xml", "content/x", "content/aa/bb/x", "content/../safemedlabel.db", "safemedlabel.db-wal",
        "safemedlabel.db-journal", "SAFEMEDLABEL.DB", "safemedlabel.db/x", "jobs.db-shm", "uploads/a.zip", "exports/a.zip",
        "projects/1/pixels-64-0123456789abcdef.rgb", "projects/1/round-2.safetensors", "projects/2/round-1.safetensors", "projects/1/../../x", "weights", "weights/", "weights/a.pth", "weights/../a.pth", "weights/a/b.pth",
        "C:\\x", "C:/x", "..", ".", "a\0b", "keys/a\n.xml", ".restoring/x", "../x", "..\\x",
    ];

    private readonly TemporaryFolder _folder = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string Backup => _folder.File("safemed.backup");

    private StorageOptions Restored => new() { Root = _folder.File("restored") };

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        await _workplace.AddImagesAsync(2);
        await using var db = _workplace.Open();
        var round = new Round
        {
            ProjectId = _workplace.ProjectId,
            Number = 1,
            Method = "safemed-ssl",
            State = RoundState.Completed,
            ModelFile = "round-1.safetensors",
        };
        RoundModels.Leave(_workplace.Storage, round);
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        Directory.CreateDirectory(_workplace.Storage.KeyFolder);
        await File.WriteAllTextAsync(Path.Combine(_workplace.Storage.KeyFolder, "key-1.xml"), "key", Cancellation);
        Write();
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public void Whatever_stands_in_a_manifest_it_is_refused_with_a_sentence_or_restored_as_it_was()
    {
        Read();
        var (whole, good) = (Contents(Restored.FullRoot), File.ReadAllBytes(Backup));
        Directory.Delete(Restored.FullRoot, recursive: true);
        var mutations =
            from member in Gen.Elements(ManifestMembers)
            from value in Gen.Elements([.. Odd, "removed", "twice"])
            from depth in Gen.Choose(0, 2)
            from child in Gen.Choose(0, 9)
            select (member, value, depth, child);

        Prop.ForAll(mutations.ToArbitrary(), mutation =>
        {
            File.WriteAllBytes(Backup, good);
            ChangeManifest(manifest => Mutate(manifest, mutation.member, mutation.value, mutation.depth, mutation.child));
            AssertRefusedOr(whole);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Fact]
    public void Whatever_is_put_into_a_backup_or_listed_at_whatever_place_it_is_refused_with_a_sentence()
    {
        var good = File.ReadAllBytes(Backup);
        Assert.All(OddPlaces, place =>
        {
            foreach (var isListed in (bool[])[false, true])
            {
                File.WriteAllBytes(Backup, good);
                Add(place, "x"u8.ToArray());
                if (isListed)
                {
                    List(place, ContentStore.Hash("x"u8), 1);
                }

                Refused();
            }
        });
    }

    [Theory]
    [InlineData(false, "it holds what no backup holds")]
    [InlineData(true, "its manifest lists what no backup holds")]
    public void An_image_or_a_model_that_the_database_does_not_know_is_not_restored(bool isModel, string sentence)
    {
        var content = "nobody knows it"u8.ToArray();
        var hash = ContentStore.Hash(content);
        var place = isModel ? "projects/1/round-7.safetensors" : $"content/{hash[..2]}/{hash[2..4]}/{hash}";
        Add(place, content);
        if (isModel)
        {
            List(place, hash, content.Length);
        }

        Assert.Equal($"This file is no whole backup: {sentence}.", Refused());
    }

    [Fact]
    public void A_name_that_is_there_twice_is_refused()
    {
        Add("safemedlabel.db", "another"u8.ToArray());
        Assert.Equal("This file is no whole backup: it holds a name twice.", Refused());
    }

    [Fact]
    public void A_model_that_is_not_what_the_database_says_its_round_made_is_refused_though_the_manifest_agrees_with_it()
    {
        var changed = "another model"u8.ToArray();
        Change(archive => archive.GetEntry(Model)!.Delete());
        Add(Model, changed);
        List(Model, ContentStore.Hash(changed), changed.Length);

        Assert.Equal("This file is no whole backup: a model in it is not the one that its round made.", Refused());
    }

    [Fact]
    public async Task A_model_that_was_changed_in_its_storage_is_named_as_lost_by_the_backup()
    {
        await File.AppendAllTextAsync(Path.Combine(_workplace.Storage.FullRoot, Model), "!", Cancellation);

        Assert.Equal([Model], Write().Missing.Where(path => path.EndsWith(".safetensors", StringComparison.Ordinal)));
        Read();
        Assert.False(File.Exists(Path.Combine(Restored.FullRoot, Model)));
    }

    [Theory]
    [InlineData("../../../outside.safetensors")]
    [InlineData("/outside.safetensors")]
    [InlineData("..")]
    public async Task A_database_that_names_a_model_outside_its_projects_folder_is_neither_backed_up_nor_restored(string name)
    {
        await using var db = _workplace.Open();
        await db.Rounds.ExecuteUpdateAsync(set => set.SetProperty(r => r.ModelFile, name), Cancellation);
        Assert.Equal($"The database names a model '{name}', which would lie in no project's folder.", Assert.Throws<BackupException>(() => Write()).Message);

        var database = _folder.File("changed.db");
        await db.Database.ExecuteSqlAsync($"VACUUM INTO {database}", Cancellation);
        var content = await File.ReadAllBytesAsync(database, Cancellation);
        File.Delete(database);
        Change(archive => archive.GetEntry("safemedlabel.db")!.Delete());
        Add("safemedlabel.db", content, CompressionLevel.Fastest);
        List("safemedlabel.db", ContentStore.Hash(content), content.Length);
        Assert.Equal($"The database names a model '{name}', which would lie in no project's folder.", Refused());
    }

    [Fact]
    public async Task Weights_that_are_not_those_that_a_round_began_with_are_refused_though_the_manifest_agrees_with_them()
    {
        await BeginAsync("own.pth");
        Directory.CreateDirectory(_workplace.Storage.WeightsFolder);
        await File.WriteAllTextAsync(Path.Combine(_workplace.Storage.WeightsFolder, "own.pth"), "weights", Cancellation);
        File.Delete(Backup);
        Write();
        var changed = "other weights"u8.ToArray();
        Change(archive => archive.GetEntry("weights/own.pth")!.Delete());
        Add("weights/own.pth", changed);
        List("weights/own.pth", ContentStore.Hash(changed), changed.Length);

        Assert.Equal("This file is no whole backup: weights in it are not those that a round began with.", Refused());
    }

    [Fact]
    public async Task A_backup_that_knows_nothing_of_weights_that_its_database_names_is_not_whole()
    {
        await BeginAsync("own.pth");
        Write();
        ChangeManifest(manifest => manifest["missing"]!.AsArray().RemoveAll(path => path!.GetValue<string>() == "weights/own.pth"));

        Assert.Equal("This file is no whole backup: a file is missing in it.", Refused());
    }

    [Theory]
    [InlineData("../../outside.pth")]
    [InlineData("/outside.pth")]
    [InlineData(".hidden.pth")]
    public async Task A_database_that_names_weights_outside_their_folder_is_not_backed_up(string name)
    {
        await BeginAsync(name);

        Assert.Equal($"The database names weights '{name}', which would not lie in the folder of weights.", Assert.Throws<BackupException>(() => Write()).Message);
    }

    [Fact]
    public void What_unfolds_to_more_than_the_disk_has_room_for_is_refused_before_it_is_unpacked()
    {
        var needed = ZipLength();

        var refused = Assert.Throws<BackupException>(() => Read(free: needed - 1)).Message;

        Assert.Matches(@"^The backup takes 0\.\d+ GB where it is restored, and only 0\.\d+ GB are free there\.$", refused);
        AssertNothingIsLeft();
        Read(free: needed);
    }

    [Theory]
    [InlineData("safemedlabel.db", "safemedlabel.db in it is damaged")]
    [InlineData("keys/key-1.xml", "keys/key-1.xml in it is damaged")]
    public void What_unfolds_to_more_than_the_manifest_says_is_refused(string name, string sentence)
    {
        Change(archive => archive.GetEntry(name)!.Delete());
        Add(name, new byte[50_000_000], CompressionLevel.SmallestSize);

        Assert.Equal($"This file is no whole backup: {sentence}.", Refused());
        Assert.InRange(Allocated(() => Refused()), 0, 32_000_000);
    }

    [Fact]
    public void What_unfolds_to_more_than_its_own_entry_says_is_refused()
    {
        var content = Database(50_000_000, pages: 1);
        Change(archive => archive.GetEntry("safemedlabel.db")!.Delete());
        Add("safemedlabel.db", content, CompressionLevel.SmallestSize);
        List("safemedlabel.db", ContentStore.Hash(content), 4096);
        ForgeLength("safemedlabel.db", 4096);

        Assert.Equal("This file is no whole backup: safemedlabel.db in it is damaged.", Refused());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_database_that_is_none_or_unfolds_beyond_all_measure_is_refused_before_it_is_unpacked_though_the_manifest_agrees(bool hasHeader)
    {
        var content = hasHeader ? Database(128 << 20, pages: 128 << 8) : new byte[50_000_000];
        Change(archive => archive.GetEntry("safemedlabel.db")!.Delete());
        Add("safemedlabel.db", content, CompressionLevel.SmallestSize);
        List("safemedlabel.db", ContentStore.Hash(content), content.Length);

        // Where it was unpacked before, SQLite would have said that it is not sound.
        Assert.Equal("This file is no whole backup: safemedlabel.db in it is damaged.", Refused());
    }

    [Fact]
    public void An_image_that_unfolds_is_refused_before_it_is_unpacked()
    {
        var content = new byte[50_000_000];
        var hash = ContentStore.Hash(content);
        Add($"content/{hash[..2]}/{hash[2..4]}/{hash}", content, CompressionLevel.SmallestSize);

        Assert.Equal("This file is no whole backup: it holds what no backup holds.", Refused());
    }

    [Fact]
    public void A_backup_of_the_format_before_is_restored()
    {
        ChangeManifest(manifest =>
        {
            manifest["format"] = 1;
            manifest.Remove("lengths");
        });

        Assert.Equal(1, Read().Format);
        Assert.True(File.Exists(Path.Combine(Restored.FullRoot, Model)));
    }

    /// <summary>Puts something odd at a member of the manifest, or at a member or element of it.</summary>
    private static void Mutate(JsonObject manifest, string member, string value, int depth, int child)
    {
        JsonNode? parent = manifest;
        object key = member;
        for (; depth > 0 && parent is JsonObject holder && holder[(string)key] is { } inner; depth--)
        {
            switch (inner)
            {
                case JsonObject { Count: > 0 } members:
                    (parent, key) = (members, members.ElementAt(child % members.Count).Key);
                    break;
                case JsonArray { Count: > 0 } elements when value is not ("removed" or "twice"):
                    elements[child % elements.Count] = JsonNode.Parse(value);
                    return;
                default:
                    depth = 0;
                    break;
            }
        }

        if (parent is not JsonObject target)
        {
            return;
        }

        switch (value)
        {
            case "removed":
                target.Remove((string)key);
                break;
            case "twice":
                // Named again in other letters, as some readers take it.
                target[((string)key).ToUpperInvariant()] = target[(string)key]?.DeepClone();
                break;
            default:
                target[(string)key] = JsonNode.Parse(value);
                break;
        }
    }

    /// <summary>The round began with a file of weights.</summary>
    private async Task BeginAsync(string file)
    {
        await using var db = _workplace.Open();
        await db.Rounds.ExecuteUpdateAsync(
            set => set.SetProperty(r => r.Beginning, Beginning.File).SetProperty(r => r.BeginningFile, file).SetProperty(r => r.BeginningFileHash, ContentStore.Hash("weights"u8)), Cancellation);
    }

    private void AssertRefusedOr(Dictionary<string, string> whole)
    {
        try
        {
            Read();
            Assert.Equal(whole, Contents(Restored.FullRoot));
            Directory.Delete(Restored.FullRoot, recursive: true);
        }
        catch (BackupException refused)
        {
            Assert.NotEmpty(refused.Message);
            AssertNothingIsLeft();
        }
    }

    private string Refused()
    {
        var sentence = Assert.Throws<BackupException>(() => Read()).Message;
        AssertNothingIsLeft();
        return sentence;
    }

    private void AssertNothingIsLeft()
    {
        Assert.False(Path.Exists(Restored.FullRoot));
        Assert.Equal(["safemed.backup"], Directory.GetFileSystemEntries(_folder.Path).Select(Path.GetFileName));
    }

    private static long Allocated(Action act)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        act();
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    private long ZipLength()
    {
        using var archive = ZipFile.OpenRead(Backup);
        return archive.Entries.Where(e => e.FullName != "manifest.json").Sum(e => e.Length);
    }

    private void Change(Action<ZipArchive> change)
    {
        using var archive = ZipFile.Open(Backup, ZipArchiveMode.Update);
        change(archive);
    }

    private void Add(string name, byte[] content, CompressionLevel level = CompressionLevel.NoCompression) => Change(archive =>
    {
        using var entry = archive.CreateEntry(name, level).Open();
        entry.Write(content);
    });

    private void List(string name, string hash, long length) => ChangeManifest(manifest =>
    {
        manifest["files"]![name] = hash;
        manifest["lengths"]![name] = length;
    });

    private void ChangeManifest(Action<JsonObject> change) => Change(archive =>
    {
        var entry = archive.GetEntry("manifest.json")!;
        JsonObject manifest;
        using (var old = entry.Open())
        {
            manifest = JsonNode.Parse(old)!.AsObject();
        }

        change(manifest);
        entry.Delete();
        using var changed = archive.CreateEntry("manifest.json").Open();
        changed.Write(System.Text.Encoding.UTF8.GetBytes(manifest.ToJsonString()));
    });

    /// <summary>Zeros, behind a header that says that they are a database of so many pages.</summary>
    private static byte[] Database(int length, uint pages)
    {
        var content = new byte[length];
        "SQLite format 3\0"u8.CopyTo(content);
        BinaryPrimitives.WriteUInt16BigEndian(content.AsSpan(16), 4096);
        BinaryPrimitives.WriteUInt32BigEndian(content.AsSpan(28), pages);
        return content;
    }

    /// <summary>Writes another length into the archive's directory and before the entry, where it is said what the entry unfolds to.</summary>
    private void ForgeLength(string name, int length)
    {
        var bytes = File.ReadAllBytes(Backup);
        var text = System.Text.Encoding.UTF8.GetBytes(name);
        foreach (var (signature, lengthAt, nameAt) in ((uint, int, int)[])[(0x02014b50, 24, 46), (0x04034b50, 22, 30)])
        {
            for (var at = 0; at + nameAt + text.Length <= bytes.Length; at++)
            {
                if (BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(at)) == signature && bytes.AsSpan(at + nameAt, text.Length).SequenceEqual(text))
                {
                    BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(at + lengthAt), length);
                }
            }
        }

        File.WriteAllBytes(Backup, bytes);
    }

    private BackupManifest Write() =>
        new StorageBackup(_workplace.Storage, "SafeMedLabel test", TimeProvider.System).Write(Backup, overwrite: true, new Progress<double>(), Cancellation);

    private BackupManifest Read(long? free = null) =>
        new StorageRestore(Restored, "SafeMedLabel.Migrations.Sqlite", free is { } bytes ? _ => bytes : null)
            .Read(Backup, new Progress<double>(), Cancellation);

    private static Dictionary<string, string> Contents(string folder) =>
        Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories)
            .ToDictionary(file => Path.GetRelativePath(folder, file), file => ContentStore.Hash(File.ReadAllBytes(file)));
}
