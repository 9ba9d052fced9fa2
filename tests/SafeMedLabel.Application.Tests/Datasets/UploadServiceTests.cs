using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Datasets;

public sealed class UploadServiceTests : IAsyncLifetime
{
    private readonly TemporaryFolder _folder = new();
    private Workplace _workplace = null!;
    private byte[] _archive = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private UploadService Uploads => _workplace.Get<UploadService>();

    private UploadedFile File => new(_workplace.ProjectId, "ada", "cells.zip", _archive.Length, 1);

    public async ValueTask InitializeAsync()
    {
        _workplace = await Workplace.CreateAsync();
        using var cells = new TemporaryFolder();
        cells.Add("Parasitized/C1thin_1.png", Pictures.Png(1));
        cells.Add("Uninfected/C2thin_2.png", Pictures.Png(2));
        System.IO.Compression.ZipFile.CreateFromDirectory(cells.Path, _folder.File("cells.zip"));
        _archive = await System.IO.File.ReadAllBytesAsync(_folder.File("cells.zip"), Cancellation);
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_file_whose_connection_breaks_goes_on_where_it_was_and_is_imported_once_it_is_whole()
    {
        await Assert.ThrowsAsync<IOException>(() => Uploads.AppendAsync(File, 0, new BreakingStream(_archive, breaksAfter: 100), Cancellation));
        Assert.Equal(100, Uploads.Received(File));
        Assert.Equal("The upload is not complete.", (await ImportAsync(File)).Error);

        Assert.Equal(_archive.Length, (await AppendAsync(File, 100)).Value);
        var import = await ImportAsync(File);
        Assert.True(import.Succeeded, import.Error);
        await _workplace.Get<ImportRunner>().RunAsync(import.Value, Cancellation);
        Assert.Equal((ImportState.Completed, 2, "cells.zip"), await _workplace.Get<ImportService>().GetAsync(import.Value, Cancellation) is { } done ? (done.State, done.Added, done.SourceName) : default);
        Assert.Empty(Directory.EnumerateFiles(_workplace.Storage.UploadFolder));
    }

    [Fact]
    public async Task A_part_that_does_not_follow_is_refused_and_changes_nothing()
    {
        await Uploads.AppendAsync(File, 0, new MemoryStream(_archive, 0, 50), Cancellation);
        Assert.Equal("The upload goes on elsewhere.", (await AppendAsync(File, 0)).Error);
        Assert.Equal("The upload goes on elsewhere.", (await AppendAsync(File, 70)).Error);
        Assert.Equal("The upload goes on elsewhere.", (await AppendAsync(File with { Name = "other.zip" }, 70)).Error);
        Assert.Equal(50, Uploads.Received(File));
    }

    [Fact]
    public async Task Another_persons_another_projects_and_another_file_begin_anew()
    {
        await AppendAsync(File, 0);
        Assert.All([File with { UserId = "bea" }, File with { ProjectId = 2 }, File with { Size = 7 }, File with { Modified = 2 }], other => Assert.Equal(0, Uploads.Received(other)));
    }

    [Fact]
    public async Task More_than_a_file_has_and_a_file_larger_than_any_may_be_are_refused()
    {
        Assert.Equal("More came than the file has.", (await AppendAsync(File with { Size = 10 }, 0)).Error);
        Assert.StartsWith("An archive has at most 8 GB", (await AppendAsync(File with { Size = UploadService.MaximumBytes + 1 }, 0)).Error, StringComparison.Ordinal);
        Assert.StartsWith("An archive has at most 8 GB", (await AppendAsync(File with { Size = 0 }, 0)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_file_whose_import_is_refused_stays_for_another_try_and_what_broke_off_goes_after_a_week()
    {
        await AppendAsync(File, 0);
        Assert.False((await Uploads.ImportAsync(File, "(", null, isDryRun: false, cancellationToken: Cancellation)).Succeeded);
        Assert.Equal(_archive.Length, Uploads.Received(File));

        _workplace.Time.SetUtcNow(DateTimeOffset.UtcNow.AddDays(8));
        await AppendAsync(File with { Name = "another.zip" }, 0);
        Assert.Equal(0, Uploads.Received(File));
    }

    [Fact]
    public async Task An_import_that_is_asked_for_again_starts_once_also_where_both_come_at_once_and_its_key_counts_for_no_other()
    {
        var key = Guid.NewGuid();
        Task<Result<int>> StartAsync(string pattern) => Uploads.ImportAsync(File, pattern, "Basel", isDryRun: false, clientKey: key, cancellationToken: Cancellation);
        await AppendAsync(File, 0);

        var started = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => StartAsync(ImportService.DefaultPatientPattern), Cancellation)));

        Assert.Null(Assert.Single(started.Distinct()).Error);
        await AppendAsync(File, 0);
        Assert.True((await StartAsync("(?<patient>C[0-9])")).IsKeyTaken);
        Assert.Single(await _workplace.Get<ImportService>().ListAsync(_workplace.ProjectId, Cancellation));
    }

    [Fact]
    public async Task A_file_of_which_nothing_came_is_not_complete() =>
        Assert.Equal("The upload is not complete.", (await ImportAsync(File with { Size = 0 })).Error);

    private Task<Result<long>> AppendAsync(UploadedFile file, int offset) => Uploads.AppendAsync(file, offset, new MemoryStream(_archive, offset, _archive.Length - offset), Cancellation);

    private Task<Result<int>> ImportAsync(UploadedFile file) => Uploads.ImportAsync(file, ImportService.DefaultPatientPattern, null, isDryRun: false, cancellationToken: Cancellation);

    /// <summary>A connection that breaks.</summary>
    private sealed class BreakingStream(byte[] bytes, int breaksAfter) : MemoryStream(bytes)
    {
        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            Position >= breaksAfter ? throw new IOException("The connection broke.") : base.ReadAsync(buffer[..Math.Min(buffer.Length, breaksAfter - (int)Position)], cancellationToken);
    }
}
