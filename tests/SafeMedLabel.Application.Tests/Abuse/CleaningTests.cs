using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Cleaning;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>What killed processes leave is taken out, and nothing that anybody needs or will need in a moment.</summary>
public sealed class CleaningTests : IAsyncLifetime
{
    private readonly TemporaryFolder _cells = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private StorageCleaner Cleaner => _workplace.Get<StorageCleaner>();

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync(
        services => services.AddSingleton<IModelTrainer>(new ScriptedTrainer()).AddSingleton<RoundDataReader>().AddSingleton<RoundRunner>());

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _cells.Dispose();
    }

    [Fact]
    public async Task What_nobody_needs_any_more_is_taken_out_by_kind_and_what_is_needed_or_new_stays()
    {
        var images = await _workplace.AddImagesAsync(3);
        var storage = _workplace.Storage;
        var waiting = Old("uploads/waiting.zip");
        await using (var db = _workplace.Open())
        {
            db.Imports.Add(Import(waiting, ImportState.Planned));
            db.Exports.Add(new DataExport { ProjectId = _workplace.ProjectId, RequestedById = "admin", State = ExportState.Completed });
            await db.SaveChangesAsync(Cancellation);
        }

        var planned = await IdAsync(waiting);
        string[] kept =
        [
            waiting,
            Old($"{waiting}.part"),
            Old($"patches/{planned}/manifest.csv"),
            Old("exports/project-1-export-1.csv"),
            Old("projects/1/notes.txt"),
            Old("weights/own.safetensors"),
            Old("weights/.coming.pth.tmp"),
            Old("unknown.bin"),
            New("uploads/just-now.zip"),
            New("exports/project-1-export-9.csv"),
            New("content/just-now.tmp"),
            Old("uploads/half.part", days: 6),
            .. Directory.EnumerateFiles(storage.ContentFolder, "*", SearchOption.AllDirectories),
        ];
        Store(77, isOld: false);
        (string Kind, string Path)[] orphans =
        [
            ("content", Store(99, isOld: true)),
            ("checkpoints and models", Old("projects/1/round-7.checkpoint")),
            ("checkpoints and models", Old("projects/1/round-7.safetensors")),
            ("checkpoints and models", Old("projects/1/round-7.json")),
            ("checkpoints and models", Old("projects/1/label-audit-3/fold-1.safetensors")),
            ("training pixels", Old("projects/1/pixels-64-0123456789abcdef.rgb")),
            ("uploads", Old("uploads/forgotten.zip", days: 2)),
            ("uploads", Old("uploads/half-and-old.part", days: 8)),
            ("patches", Old("patches/4711/a/x.png")),
            ("exports", Old("exports/project-1-export-7.csv")),
            ("tiles", Old($"tiles/{new string('a', 64)}/tiles.dzi")),
            ("unfinished files", Old("content/broken-off.tmp")),
            ("unfinished files", Old("projects/1/.round-7.safetensors.tmp")),
        ];
        foreach (var folder in Directory.EnumerateDirectories(storage.TileFolder))
        {
            Directory.SetLastWriteTimeUtc(folder, _workplace.Time.GetUtcNow().UtcDateTime.AddDays(-1));
        }

        var foretold = await Cleaner.CleanAsync(isDryRun: true, Cancellation);
        Assert.All(orphans, orphan => Assert.True(File.Exists(orphan.Path), orphan.Path));
        var report = await Cleaner.CleanAsync(cancellationToken: Cancellation);

        Assert.Equal(foretold.Counts, report.Counts);
        Assert.Equal(orphans.GroupBy(o => o.Kind).Select(g => (g.Key, g.Count())).Order(), report.Counts.Select(c => (c.Kind, c.Files)).Order());
        Assert.All(orphans, orphan => Assert.False(File.Exists(orphan.Path), orphan.Path));
        Assert.All(kept, file => Assert.True(File.Exists(file), file));
        Assert.True(report.Bytes > 0 && (await Cleaner.CleanAsync(cancellationToken: Cancellation)).Files == 0);
        Assert.NotEmpty(images);
    }

    [Fact]
    public async Task Features_stay_while_they_rank_the_queue_between_rounds_and_go_when_they_no_longer_do()
    {
        string[] features = [Old("projects/1/features-64-0123456789abcdef.features"), Old("projects/1/features-64-0123456789abcdef.hashes")];
        await _workplace.ChangeAsync(p => p.RerankAfterLabels = 10);
        Assert.Equal(0, (await Cleaner.CleanAsync(cancellationToken: Cancellation)).Files);

        await _workplace.ChangeAsync(p => p.RerankAfterLabels = null);
        Assert.Equal(("features", 2), (await Cleaner.CleanAsync(cancellationToken: Cancellation)).Counts.Select(c => (c.Kind, c.Files)).Single());
        Assert.All(features, file => Assert.False(File.Exists(file), file));
    }

    [Fact]
    public async Task No_image_is_ever_without_its_content_while_imports_and_cleanings_run_in_each_others_way()
    {
        for (var i = 0; i < 60; i++)
        {
            _cells.Add($"{(i % 2 == 0 ? 'a' : 'b')}/C{i}_1.png", Pictures.Png(i));
        }

        var sweep = _workplace.Get<ContentSweep>();
        var store = _workplace.Get<ContentStore>();
        string[] hashes = [.. Enumerable.Range(0, 60).Select(i => ContentStore.Hash(Pictures.Png(i)))];
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        var taken = 0;
        // Without regard to age: as if each file had been kept long ago.
        var sweeping = Task.Run(
            async () =>
            {
                while (!enough.IsCancellationRequested)
                {
                    taken += (await sweep.RemoveAsync(hashes, cancellationToken: Cancellation)).Files;
                    // SQLite gives the lock to whoever asks first: without a pause the import might never get it.
                    await Task.Delay(1, Cancellation);
                }
            },
            Cancellation);
        for (var round = 0; round < 8; round++)
        {
            var project = (await _workplace.Get<ProjectService>().CreateAsync($"Project {round}", "Which?", Cancellation)).Value;
            var id = await EnterAsync(project);
            await _workplace.Get<ImportRunner>().RunAsync(id, Cancellation);
            var import = (await _workplace.Get<ImportService>().GetAsync(id, Cancellation))!;
            Assert.Equal((ImportState.Completed, 60, null), (import.State, import.Added, import.Error));
            Assert.All(hashes, hash => Assert.Equal(hash, ContentStore.Hash(store.Open(hash).ReadWhole())));
            // As a cancelled one: for a moment nobody needs them.
            await sweep.TakeBackAsync(id, Cancellation);
        }

        await enough.CancelAsync();
        await sweeping;
        Assert.True(taken > 0);
    }

    [Fact]
    public async Task While_a_backup_reads_the_storage_no_content_is_taken_out()
    {
        await _workplace.AddImagesAsync(3);
        Store(99, isOld: true);
        var report = default(CleaningReport);
        var progress = new Reporter(() => report ??= Cleaner.CleanAsync(cancellationToken: Cancellation).GetAwaiter().GetResult());
        var backup = _cells.File("it.backup");
        await Task.Run(() => new StorageBackup(_workplace.Storage, "test", TimeProvider.System).Write(backup, overwrite: false, progress, Cancellation), Cancellation);

        Assert.Equal((true, 0), (report!.IsHeld, report.Files));
        Assert.Equal(1, (await Cleaner.CleanAsync(cancellationToken: Cancellation)).Files);
    }

    [Fact]
    public async Task The_files_of_a_round_that_waits_or_runs_stay()
    {
        var lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.AddImagesAsync(12);
        await _workplace.LabelAsync("ada", 4);
        await ScriptedRounds.StartAsync(_workplace, lead);
        var checkpoint = Old("projects/1/round-1.checkpoint");
        var pixels = Old("projects/1/pixels-64-0123456789abcdef.rgb");
        await Cleaner.CleanAsync(cancellationToken: Cancellation);

        Assert.True(File.Exists(checkpoint) && File.Exists(pixels));
    }

    [Fact]
    public async Task A_model_that_a_round_left_stays_with_its_card_and_its_pixels()
    {
        var lead = await _workplace.AddUserAsync("Lea", Roles.Lead);
        await _workplace.AddImagesAsync(12);
        await _workplace.LabelAsync("ada", 4);
        var round = await ScriptedRounds.RunAsync(_workplace, lead);
        Assert.Equal(RoundState.Completed, round.State);
        Old($"projects/1/{Path.ChangeExtension(round.ModelFile, ".json")}");
        var before = Directory.EnumerateFiles(_workplace.Storage.ProjectFolder(_workplace.ProjectId)).Order(StringComparer.Ordinal).ToList();
        await Cleaner.CleanAsync(cancellationToken: Cancellation);

        Assert.Contains(before, f => f.EndsWith(".rgb", StringComparison.Ordinal));
        Assert.Equal(before, Directory.EnumerateFiles(_workplace.Storage.ProjectFolder(_workplace.ProjectId)).Order(StringComparer.Ordinal));
    }

    private static DatasetImport Import(string path, ImportState state) => new()
    {
        ProjectId = 1,
        SourcePath = path,
        SourceName = "set",
        IsUpload = true,
        PatientPattern = ImportService.DefaultPatientPattern,
        RequestedById = "admin",
        State = state,
    };

    private async Task<int> EnterAsync(int project)
    {
        var entered = await _workplace.Get<ImportService>().EnterAsync(
            new ImportRequest(project, _cells.Path, "cells", IsUpload: false, ImportService.DefaultPatientPattern, "admin"), Cancellation);
        Assert.Null(entered.Error);
        return entered.Value;
    }

    private async Task<int> IdAsync(string path)
    {
        await using var db = _workplace.Open();
        return await db.Imports.Where(i => i.SourcePath == path).Select(i => i.Id).SingleAsync(Cancellation);
    }

    private string Store(int seed, bool isOld)
    {
        var path = _workplace.Get<ContentStore>().Open(_workplace.Get<ContentStore>().Put(Pictures.Png(seed))).Path!;
        File.SetLastWriteTimeUtc(path, _workplace.Time.GetUtcNow().UtcDateTime.AddHours(isOld ? -2 : 0));
        return path;
    }

    private string Old(string path, int days = 1) => Write(path, _workplace.Time.GetUtcNow().UtcDateTime.AddDays(-days).AddMinutes(-1));

    private string New(string path) => Write(path, _workplace.Time.GetUtcNow().UtcDateTime);

    private string Write(string path, DateTime writtenUtc)
    {
        var full = Path.Combine(_workplace.Storage.FullRoot, path);
        Directory.CreateDirectory(Path.GetDirectoryName(full)!);
        File.WriteAllBytes(full, [1, 2, 3]);
        File.SetLastWriteTimeUtc(full, writtenUtc);
        return full;
    }

    private sealed class Reporter(Action report) : IProgress<double>
    {
        public void Report(double value) => report();
    }
}
