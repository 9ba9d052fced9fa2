using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Application.Tests.Rounds;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>A disk that runs full by what people and jobs bring: they are told how much is missing, and it is as empty afterwards as before.</summary>
public sealed class FullDiskTests : IAsyncLifetime
{
    private const int Megabytes = 24;
    private const int Kept = 8;

    /// <summary>Files that a listing hears of before any is read.</summary>
    private const int Listed = 8;

    private readonly TemporaryFolder _cells = new();
    private readonly ScriptedTrainer _trainer = new();
    private SmallDisk _disk = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync()
    {
        _disk = new SmallDisk(Megabytes);
        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _disk?.Dispose();
        _cells.Dispose();
        return ValueTask.CompletedTask;
    }

    [Fact]
    public async Task An_import_for_which_there_is_no_room_says_how_much_is_missing_before_it_stores_anything()
    {
        Cells(24);
        await using var workplace = await CreateAsync();
        var before = Content(workplace);
        var import = await ImportAsync(workplace);

        Assert.Equal(ImportState.Failed, import.State);
        Assert.Matches(@"^The import needs about 2\d MB, 2\d MB are free, 8 MB must stay free \(StorageWatch:MinimumFreeMegabytes\)\. Make room on the disk of the storage and try again\.$", import.Error);
        Assert.Equal(before, Content(workplace));
        await IsReadyAsync(workplace);
    }

    [Fact]
    public async Task An_import_during_which_room_is_lost_stops_before_the_limit_and_takes_back_what_it_alone_brought()
    {
        Cells(8);
        await using var workplace = await CreateAsync();
        // Another project has one of the same pictures: it stays.
        var shared = workplace.Get<ContentStore>().Put(Bytes(0));
        await using (var db = workplace.Open())
        {
            var image = await workplace.AddImagesAsync(1);
            await db.Images.Where(i => i.Id == image[0]).ExecuteUpdateAsync(set => set.SetProperty(i => i.ContentHash, shared), Cancellation);
        }

        var other = await workplace.Get<ProjectService>().CreateAsync("Other", "Which?", Cancellation);
        var before = Content(workplace);
        var imports = workplace.Get<ImportService>();
        var id = (await imports.EnterAsync(Request(other.Value), Cancellation)).Value;
        var importer = workplace.Get<DatasetImporter>();
        string? ballast = null;
        await using (var db = workplace.Open())
        {
            var import = await db.Imports.AsNoTracking().SingleAsync(i => i.Id == id, Cancellation);
            // The room is taken by somebody else, after it was looked whether there is any: each file is read once to compare it, and then once more to store it.
            var reads = 0;
            void OnRead()
            {
                if (Interlocked.Increment(ref reads) == Listed + 8 + 3)
                {
                    ballast = _disk.FillUpTo((Kept << 20) + (1 << 20));
                }
            }

            var refused = await Assert.ThrowsAsync<StorageFullException>(() => importer.ImportAsync(import, _cells.Path, [], null, OnRead, Cancellation));
            Assert.Matches(@"^The import needs about \d+ MB, \d+ MB are free, 8 MB must stay free", refused.Message);
        }

        Assert.True(_disk.Free >= Kept << 20);
        File.Delete(ballast!);
        await workplace.Get<ContentSweep>().TakeBackAsync(id, Cancellation);
        Assert.Equal(before, Content(workplace));
        await IsReadyAsync(workplace);
    }

    [Fact]
    public async Task An_import_that_meets_a_disk_without_any_room_fails_with_a_sentence_and_leaves_nothing()
    {
        Cells(8);
        await using var workplace = await CreateAsync(minimumFree: 0);
        var before = Content(workplace);
        var ballast = _disk.FillUpTo(3 << 20);
        var import = await ImportAsync(workplace);

        Assert.Equal(ImportState.Failed, import.State);
        Assert.Contains("0 MB must stay free", import.Error, StringComparison.Ordinal);
        File.Delete(ballast);
        Assert.Equal(before, Content(workplace));
        await using var db = workplace.Open();
        Assert.False(await db.Images.AnyAsync(i => i.ImportId == import.Id, Cancellation));
    }

    [Fact]
    public async Task A_cancelled_import_takes_back_its_content_and_that_of_another_stays()
    {
        Cells(4);
        await using var workplace = await CreateAsync();
        var first = await ImportAsync(workplace);
        Assert.Equal(ImportState.Completed, first.State);
        var kept = Content(workplace);
        for (var i = 4; i < 6; i++)
        {
            _cells.Add($"a/C{i}_1.png", Bytes(i));
        }

        var other = await workplace.Get<ProjectService>().CreateAsync("Other", "Which?", Cancellation);
        var imports = workplace.Get<ImportService>();
        var id = (await imports.EnterAsync(Request(other.Value), Cancellation)).Value;
        await using (var db = workplace.Open())
        {
            await workplace.Get<DatasetImporter>().ImportAsync(await db.Imports.AsNoTracking().SingleAsync(i => i.Id == id, Cancellation), Cancellation);
            await db.Imports.Where(i => i.Id == id).ExecuteUpdateAsync(set => set.SetProperty(i => i.State, ImportState.Running), Cancellation);
        }

        Assert.NotEqual(kept, Content(workplace));
        Assert.True((await imports.CancelAsync(id, Cancellation)).Succeeded);
        await workplace.Get<ImportRunner>().RunAsync(id, Cancellation);
        Assert.Equal(kept, Content(workplace));
    }

    [Fact]
    public async Task An_upload_for_which_there_is_no_room_is_refused_with_its_first_part()
    {
        await using var workplace = await CreateAsync();
        var refused = await workplace.Get<UploadService>().AppendAsync(new UploadedFile(workplace.ProjectId, "admin", "set.zip", 20 << 20, 1), 0, new MemoryStream([1]), Cancellation);

        Assert.StartsWith("The upload needs about 20 MB, ", refused.Error, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(workplace.Storage.UploadFolder));
    }

    [Fact]
    public async Task An_export_that_fills_the_disk_fails_with_a_sentence_and_leaves_nothing()
    {
        await using var workplace = await CreateAsync(minimumFree: 0);
        Cells(8);
        Assert.Equal(ImportState.Completed, (await ImportAsync(workplace)).State);
        var exports = workplace.Get<ExportService>();
        var id = (await exports.StartAsync(workplace.ProjectId, new ExportOptions(ExportFormat.Csv, WithPictures: true), "admin", cancellationToken: Cancellation)).Value;
        var ballast = _disk.FillUpTo(2 << 20);
        await workplace.Get<ExportRunner>().RunAsync(id, Cancellation);

        File.Delete(ballast);
        var export = (await exports.ListAsync(workplace.ProjectId, Cancellation)).Single();
        Assert.Equal((ExportState.Failed, "Nothing can be stored at the moment: the disk is full. Answers already acknowledged are safe."), (export.State, export.Error));
        Assert.Empty(Directory.EnumerateFileSystemEntries(workplace.Storage.ExportFolder));
        await IsReadyAsync(workplace);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_round_that_fills_the_disk_fails_with_a_sentence_and_leaves_no_checkpoint(bool isDatabaseClosed)
    {
        await using var workplace = await CreateAsync(minimumFree: 0);
        var lead = await workplace.AddUserAsync("Lea", Roles.Lead);
        await workplace.AddImagesAsync(12);
        await workplace.AddImagesAsync(5, Core.Splitting.DataSplit.Test, "P1");
        await workplace.LabelAsync("ada", 4);
        _trainer.WhileTraining = (_, _) =>
        {
            if (isDatabaseClosed)
            {
                // SQLite then deletes the files of its log, for which there is no room afterwards.
                workplace.Storage.CloseDatabases();
            }

            File.WriteAllBytes(Path.ChangeExtension(_trainer.Task!.ModelPath, ".checkpoint"), new byte[Megabytes << 20]);
        };
        var round = await ScriptedRounds.RunAsync(workplace, lead);

        Assert.Equal((RoundState.Failed, "Nothing can be stored at the moment: the disk is full. Answers already acknowledged are safe."), (round.State, round.Error));
        Assert.DoesNotContain(Directory.EnumerateFiles(workplace.Storage.ProjectFolder(workplace.ProjectId)), f => Path.GetFileName(f).StartsWith("round-", StringComparison.Ordinal));
        await IsReadyAsync(workplace);
    }

    [Fact]
    public async Task A_round_whose_pixels_find_no_room_says_how_much_is_missing()
    {
        await using var workplace = await CreateAsync();
        var lead = await workplace.AddUserAsync("Lea", Roles.Lead);
        await workplace.AddImagesAsync(12);
        await workplace.LabelAsync("ada", 4);
        var ballast = _disk.FillUpTo((Kept << 20) - (256 << 10));
        var round = await ScriptedRounds.RunAsync(workplace, lead);

        Assert.Equal(RoundState.Failed, round.State);
        Assert.Matches(@"^The file of training pixels needs about \d+ MB, \d+ MB are free, 8 MB must stay free", round.Error);
        File.Delete(ballast);
        await IsReadyAsync(workplace);
    }

    [Fact]
    public async Task A_backup_that_fills_the_disk_fails_with_a_sentence_and_leaves_nothing()
    {
        await using var workplace = await CreateAsync(minimumFree: 0);
        Cells(8);
        Assert.Equal(ImportState.Completed, (await ImportAsync(workplace)).State);
        var before = Directory.GetFileSystemEntries(_disk.Path).Length;
        var ballast = _disk.FillUpTo(4 << 20);
        var refused = Assert.Throws<BackupException>(() => new StorageBackup(workplace.Storage, "test", TimeProvider.System)
            .Write(Path.Combine(_disk.Path, "it.backup"), overwrite: false, new Progress<double>(), Cancellation));

        Assert.Matches("MB are free there; name a file on another disk|is full, and the backup was given up", refused.Message);
        File.Delete(ballast);
        Assert.Equal(before, Directory.GetFileSystemEntries(_disk.Path).Length);
        await IsReadyAsync(workplace);
    }

    private Task<Workplace> CreateAsync(long minimumFree = Kept) => Workplace.CreateAsync(
        services => services.AddSingleton<IModelTrainer>(_trainer).AddSingleton<RoundDataReader>().AddSingleton<RoundRunner>(),
        root: Path.Combine(_disk.Path, "storage"),
        minimumFree: minimumFree);

    /// <summary>Pictures of a megabyte each.</summary>
    private void Cells(int count)
    {
        for (var i = 0; i < count; i++)
        {
            _cells.Add($"{(i % 2 == 0 ? 'a' : 'b')}/C{i}_1.png", Bytes(i));
        }
    }

    /// <summary>A picture, and behind its end what no decoder reads.</summary>
    private static byte[] Bytes(int seed) => [.. Pictures.Png(seed), .. new byte[1 << 20]];

    private ImportRequest Request(int project) => new(project, _cells.Path, "cells", IsUpload: false, ImportService.DefaultPatientPattern, "admin");

    private async Task<DatasetImport> ImportAsync(Workplace workplace)
    {
        var imports = workplace.Get<ImportService>();
        var entered = await imports.EnterAsync(Request(workplace.ProjectId), Cancellation);
        Assert.Null(entered.Error);
        await workplace.Get<ImportRunner>().RunAsync(entered.Value, Cancellation);
        return (await imports.GetAsync(entered.Value, Cancellation))!;
    }

    private static string[] Content(Workplace workplace) => Directory.Exists(workplace.Storage.ContentFolder)
        ? [.. Directory.EnumerateFiles(workplace.Storage.ContentFolder, "*", SearchOption.AllDirectories).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)]
        : [];

    private static async Task IsReadyAsync(Workplace workplace)
    {
        using var watch = new StorageWatch(
            workplace.Get<IDbContextFactory<AppDbContext>>(), workplace.Storage, workplace.Get<StorageRoom>(), workplace.Get<DatabaseHealth>(), workplace.Time, NullLogger<StorageWatch>.Instance);
        await watch.StartAsync(Cancellation);
        while (!watch.HasLooked)
        {
            await Task.Delay(5, Cancellation);
        }

        Assert.Null(watch.Problem);
    }
}
