using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Quartz;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Testing;

namespace SafeMedLabel.Application.Tests.Abuse;

/// <summary>Pages of the databases that a disk has changed: it is told as soon as anybody can know, and nothing is written to them any more.</summary>
public sealed class DamagedDatabaseTests : IAsyncLifetime
{
    private const string Sentence = "Nothing can be stored: the database is damaged. An admin must stop the server and restore the latest backup (README, 'Back-up and restore').";

    private readonly TemporaryFolder _folder = new();
    private Workplace _workplace = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workplace = await CreateAsync(_folder);
        await _workplace.AddImagesAsync(200);
    }

    public async ValueTask DisposeAsync()
    {
        await _workplace.DisposeAsync();
        _folder.Dispose();
    }

    [Fact]
    public async Task A_sound_database_is_found_sound_while_others_write()
    {
        await using (var db = _workplace.Open())
        {
            await using var writing = await db.Database.BeginTransactionAsync(Cancellation);
            await Check().CheckAsync(Cancellation);
        }

        Assert.Null(Health.Problem);
        Assert.Null((await _workplace.AnswerAsync("ada", await _workplace.NextAsync("ada"))).Error);
    }

    [Fact]
    public async Task A_damaged_page_that_nobody_has_read_is_found_by_the_check_and_from_then_on_answers_are_postponed_and_no_page_is_without_a_banner()
    {
        var image = await _workplace.NextAsync("ada");
        Damage(_workplace.Storage, "ImportIssues");
        Assert.Null((await _workplace.AnswerAsync("ada", image)).Error);
        using var watch = await WatchAsync();
        var told = 0;
        watch.Changed += () => told++;

        await Check().CheckAsync(Cancellation);

        Assert.Equal((Sentence, 1), (watch.Problem, told));
        var refused = await _workplace.AnswerAsync("ada", image);
        Assert.Equal((Sentence, true), (refused.Error, refused.IsPostponed));
        Assert.Equal(QueueState.Postponed, (await _workplace.Labelling.OpenAsync(_workplace.ProjectId, "ben", 1, Cancellation)).State);
        await using var db = _workplace.Open();
        Assert.Equal(1, await db.LabelEvents.CountAsync(Cancellation));
        await Assert.ThrowsAsync<SqliteException>(() => db.Images.ExecuteUpdateAsync(set => set.SetProperty(i => i.Width, 1), Cancellation));
        db.Projects.Add(new Project { Name = "New" });
        await Assert.ThrowsAnyAsync<Exception>(() => db.SaveChangesAsync(Cancellation));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Damage_that_a_command_meets_is_known_at_once_by_all_processes_of_the_storage(bool atFirstRow)
    {
        var other = new DatabaseHealth(_workplace.Storage, NullLogger<DatabaseHealth>.Instance);
        Damage(_workplace.Storage, "Images", first: atFirstRow);
        await using var db = _workplace.Open();
        await Assert.ThrowsAsync<SqliteException>(() => db.Images.AsNoTracking().Select(i => i.SourcePath + i.Patient + i.Site).ToListAsync(Cancellation));

        Assert.Equal(Sentence, Health.Problem);
        Assert.Equal(Sentence, other.Problem);
    }

    [Fact]
    public async Task A_scheduler_database_that_is_damaged_is_told_and_answers_go_on()
    {
        var jobs = _workplace.Storage.JobsDatabaseFile;
        // The scheduler makes its database when it is first asked for.
        await _workplace.Get<ISchedulerFactory>().GetScheduler(Cancellation);
        var sound = await File.ReadAllBytesAsync(jobs, Cancellation);
        await File.WriteAllBytesAsync(jobs, [.. "SQLite format 3\0"u8, .. new byte[8176]], Cancellation);
        await Check().CheckAsync(Cancellation);

        Assert.StartsWith("Imports, exports and rounds may not start: the scheduler's database is damaged.", Health.Problem, StringComparison.Ordinal);
        Assert.Null((await _workplace.AnswerAsync("ada", await _workplace.NextAsync("ada"))).Error);
        await File.WriteAllBytesAsync(jobs, sound, Cancellation);
    }

    [Theory]
    [InlineData("safemedlabel.db", " is damaged, or no database. Restore the latest backup (README, 'Back-up and restore').")]
    [InlineData("jobs.db", " is damaged. Delete it, and the files beside it that begin with its name, and start again: the work that waits is found again.")]
    public async Task A_server_does_not_start_on_what_is_no_database_and_says_what_to_do(string name, string sentence)
    {
        using var folder = new TemporaryFolder();
        folder.Add(name, [.. Enumerable.Repeat((byte)7, 20_000)]);

        var refused = await Assert.ThrowsAsync<InvalidOperationException>(() => CreateAsync(folder));
        Assert.EndsWith(sentence, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_does_not_start_on_a_database_that_is_known_to_be_damaged_until_it_is_sound()
    {
        var mark = Path.Combine(_workplace.Storage.FullRoot, ".damaged");
        await File.WriteAllBytesAsync(mark, [], Cancellation);
        await _workplace.Get<DatabaseStarter>().StartAsync(Cancellation);
        Assert.False(File.Exists(mark));

        Damage(_workplace.Storage, "Images");
        await File.WriteAllBytesAsync(mark, [], Cancellation);
        await Assert.ThrowsAsync<InvalidOperationException>(() => _workplace.Get<DatabaseStarter>().StartAsync(Cancellation));
    }

    private DatabaseHealth Health => _workplace.Get<DatabaseHealth>();

    private static Task<Workplace> CreateAsync(TemporaryFolder folder) => Workplace.CreateAsync(services => services.AddSingleton<DatabaseCheck>(), root: folder.Path);

    private DatabaseCheck Check() => _workplace.Get<DatabaseCheck>();

    private async Task<StorageWatch> WatchAsync()
    {
        var watch = new StorageWatch(
            _workplace.Get<IDbContextFactory<AppDbContext>>(), _workplace.Storage, _workplace.Get<StorageRoom>(), Health, _workplace.Time, NullLogger<StorageWatch>.Instance);
        await watch.StartAsync(Cancellation);
        while (!watch.HasLooked)
        {
            await Task.Delay(5, Cancellation);
        }

        Assert.Null(watch.Problem);
        return watch;
    }

    /// <summary>Overwrites a page of a table, as a failing disk might, in a file to which all has been written.</summary>
    private static void Damage(StorageOptions storage, string table, bool first = false)
    {
        long page;
        using (var connection = new SqliteConnection($"Data Source={storage.DatabaseFile};Pooling=False"))
        {
            connection.Open();
            using var command = connection.CreateCommand();
            command.CommandText = "PRAGMA wal_checkpoint(TRUNCATE)";
            command.ExecuteNonQuery();
            command.CommandText = $"SELECT rootpage FROM sqlite_master WHERE type = 'table' AND name = '{table}'";
            page = (long)command.ExecuteScalar()!;
            if (!first)
            {
                command.CommandText = $"SELECT MAX(pageno) FROM dbstat WHERE name = '{table}'";
                try
                {
                    page = (long)command.ExecuteScalar()!;
                }
                catch (SqliteException)
                {
                    // Without that virtual table, the root it is.
                }
            }
        }

        storage.CloseDatabases();
        using var stream = new FileStream(storage.DatabaseFile, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        stream.Position = (page - 1) * 4096;
        stream.Write([.. Enumerable.Repeat((byte)0x5A, 4096)]);
    }
}
