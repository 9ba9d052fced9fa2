using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Persistence;

public sealed class StorageWatchTests : IAsyncLifetime
{
    private readonly FailingStorage _storage = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _workplace = await Workplace.CreateAsync(_storage.AddTo);

    public ValueTask DisposeAsync() => _workplace.DisposeAsync();

    [Fact]
    public async Task A_storage_that_can_be_written_is_no_problem_and_nothing_is_left_of_looking()
    {
        using var watch = await StartAsync();

        Assert.Null(watch.Problem);
        Assert.DoesNotContain(".writable", Directory.GetFileSystemEntries(_workplace.Storage.FullRoot).Select(Path.GetFileName));
    }

    [Fact]
    public async Task A_database_that_can_only_be_read_is_told_within_ten_seconds_and_so_is_that_it_is_mended()
    {
        using var watch = await StartAsync();
        var told = new List<string?>();
        watch.Changed += () => told.Add(watch.Problem);

        _storage.IsReadOnly = true;
        await AfterTenSecondsAsync(() => watch.Problem is not null);
        _storage.IsReadOnly = false;
        await AfterTenSecondsAsync(() => watch.Problem is null);

        Assert.Equal(["Nothing can be stored at the moment: the storage can only be read. Answers already acknowledged are safe.", null], told);
    }

    [Fact]
    public async Task A_folder_in_which_no_file_can_be_made_is_one_that_can_only_be_read()
    {
        Directory.CreateDirectory(Path.Combine(_workplace.Storage.FullRoot, ".writable"));
        using var watch = await StartAsync();

        Assert.StartsWith("Nothing can be stored at the moment: the storage can only be read.", watch.Problem, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_disk_with_less_room_than_was_asked_for_is_full()
    {
        using var watch = await StartAsync(minimumFree: 1 << 20);

        Assert.StartsWith("Nothing can be stored at the moment: the disk is full.", watch.Problem, StringComparison.Ordinal);
    }

    private async Task<StorageWatch> StartAsync(long minimumFree = 0)
    {
        var watch = new StorageWatch(
            _workplace.Get<IDbContextFactory<AppDbContext>>(),
            _workplace.Storage,
            new StorageRoom(_workplace.Storage, Options.Create(new StorageWatchOptions { MinimumFreeMegabytes = minimumFree })),
            _workplace.Get<DatabaseHealth>(),
            _workplace.Time,
            NullLogger<StorageWatch>.Instance);
        await watch.StartAsync(Cancellation);
        await UntilAsync(() => watch.HasLooked);
        return watch;
    }

    /// <summary>Moves the clock once the watch waits for it.</summary>
    private async Task AfterTenSecondsAsync(Func<bool> condition) => await UntilAsync(() =>
    {
        _workplace.Time.Advance(StorageWatch.Interval);
        return condition();
    });

    private static async Task UntilAsync(Func<bool> condition)
    {
        while (!condition())
        {
            await Task.Delay(5, Cancellation);
        }
    }
}
