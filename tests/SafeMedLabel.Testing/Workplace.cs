using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.Identity;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;
using Quartz;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Accounts;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Outbound;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Testing;

/// <summary>The server's own services on SQLite files of the test's own, with a clock that the test moves, and one project of two classes.</summary>
public sealed class Workplace : IAsyncDisposable
{
    /// <summary>A database file after all migrations: they are the same for every test, and take longer than most.</summary>
    private static readonly Lazy<Task<byte[]>> Migrated = new(MigrateAsync);

    private readonly TemporaryFolder _folder = new();
    private readonly ServiceProvider _services;

    private Workplace(Action<IServiceCollection> configure, string allow, string? root, long minimumFree)
    {
        var services = new ServiceCollection();
        var settings = new Dictionary<string, string?>
        {
            [$"{StorageOptions.Section}:{nameof(StorageOptions.Root)}"] = root ?? _folder.Path,
            [$"{OutboundOptions.Section}:{nameof(OutboundOptions.Allow)}"] = allow,
            [$"{StorageWatchOptions.Section}:{nameof(StorageWatchOptions.MinimumFreeMegabytes)}"] = $"{minimumFree}",
        };
        services.AddLogging();
        services.AddSingleton<TimeProvider>(Time);
        services.AddSafeMedLabelApplication(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), "SafeMedLabel.Migrations.Sqlite");
        services.AddDataProtection().UseEphemeralDataProtectionProvider();
        services.AddIdentityCore<AppUser>(ApplicationServices.ConfigureIdentity).AddRoles<IdentityRole>()
            .AddEntityFrameworkStores<AppDbContext>().AddDefaultTokenProviders();
        configure(services);
        _services = services.BuildServiceProvider();
    }

    public FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 5, 9, 0, 0, TimeSpan.Zero));

    public int ProjectId { get; private set; }

    public LabellingService Labelling => Get<LabellingService>();

    public RoundService Rounds => Get<RoundService>();

    public StorageOptions Storage => Get<StorageOptions>();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <param name="configure">Adds services.</param>
    /// <param name="allow">The setting <c>Outbound:Allow</c>: this machine's own servers are reached only where it names them.</param>
    /// <param name="root">Where the storage is to be; a folder of its own where null.</param>
    /// <param name="minimumFree">Megabytes that must stay free on its disk.</param>
    public static async Task<Workplace> CreateAsync(Action<IServiceCollection>? configure = null, string allow = "", string? root = null, long minimumFree = 0)
    {
        var workplace = new Workplace(configure ?? (_ => { }), allow, root, minimumFree);
        if (!File.Exists(workplace.Storage.DatabaseFile))
        {
            await File.WriteAllBytesAsync(workplace.Storage.DatabaseFile, await Migrated.Value, Cancellation);
        }

        await workplace.Get<DatabaseStarter>().StartAsync(Cancellation);
        await using var db = workplace.Open();
        var project = new Project
        {
            Name = "Malaria",
            // What comes next is then known; tests of the audit stream switch it on.
            AuditFraction = 0,
            Classes = [new ProjectClass { Index = 0, Name = "Parasitized" }, new ProjectClass { Index = 1, Name = "Uninfected" }],
        };
        db.Projects.Add(project);
        await db.SaveChangesAsync(Cancellation);
        workplace.ProjectId = project.Id;
        return workplace;
    }

    public T Get<T>()
        where T : notnull => _services.GetRequiredService<T>();

    public AppDbContext Open() => Get<IDbContextFactory<AppDbContext>>().CreateDbContext();

    /// <summary>Images of one patient, classes in turn, with real bytes in the content store. Returned in queue order.</summary>
    public async Task<List<Guid>> AddImagesAsync(int count, DataSplit split = DataSplit.Training, string? patient = null)
    {
        await using var db = Open();
        var import = new DatasetImport
        {
            ProjectId = ProjectId,
            SourcePath = "cells",
            SourceName = "cells",
            PatientPattern = PatientPattern.Default.ToString(),
            RequestedById = "admin",
            State = ImportState.Completed,
        };
        db.Imports.Add(import);
        await db.SaveChangesAsync(Cancellation);
        var before = await db.Images.CountAsync(Cancellation);
        var project = await db.Projects.FirstAsync(p => p.Id == ProjectId, Cancellation);
        var images = Enumerable.Range(before, count).Select(i => new ProjectImage
        {
            Id = Guid.NewGuid(),
            ProjectId = ProjectId,
            ImportId = import.Id,
            ContentHash = Get<ContentStore>().Put(Pictures.Png(i)),
            SourcePath = $"{i}.png",
            Patient = patient ?? $"{split}",
            Split = split,
            ReferenceClass = i % 2,
            Width = 32,
            Height = 24,
            QueueRank = i,
            ReadingsWanted = project.ReadingsPerImage,
        }).ToList();
        db.Images.AddRange(images);
        await db.SaveChangesAsync(Cancellation);
        return [.. images.Select(i => i.Id)];
    }

    /// <summary>
    /// As a round leaves a pool behind: it takes images for classes 0 and 1 in turn, is the surer the earlier they are in the queue, and holds
    /// the first <paramref name="heldBack"/> of them for the live check. Returns the round's key.
    /// </summary>
    public async Task<int> RankAsync(IReadOnlyList<Guid> images, int heldBack = 0)
    {
        await using var db = Open();
        var round = new Round { ProjectId = ProjectId, Number = 1, Method = "safemed-ssl", State = RoundState.Completed, ScoredCount = images.Count };
        db.Rounds.Add(round);
        await db.SaveChangesAsync(Cancellation);
        db.ModelOpinions.AddRange(images.Index().Select(i => new ModelOpinion
        {
            ImageId = i.Item,
            ProjectId = ProjectId,
            RoundId = round.Id,
            ClassIndex = i.Index % 2,
            Probability = 0.99 - (0.001 * i.Index),
            Passes = [250, 255],
        }));
        db.RoundPredictions.AddRange(images.Take(heldBack).Select(id => new RoundPrediction { RoundId = round.Id, ImageId = id, ClassIndex = 0, Confidence = 0.99 }));
        await db.SaveChangesAsync(Cancellation);
        await db.Projects.ExecuteUpdateAsync(set => set.SetProperty(p => p.QueueRoundId, round.Id), Cancellation);
        return round.Id;
    }

    /// <summary>Changes the project.</summary>
    public async Task ChangeAsync(Action<Project> change)
    {
        await using var db = Open();
        change(await db.Projects.FirstAsync(p => p.Id == ProjectId, Cancellation));
        await db.SaveChangesAsync(Cancellation);
    }

    /// <summary>An account; returns its key.</summary>
    public async Task<string> AddUserAsync(string name, string role)
    {
        await using var scope = _services.CreateAsyncScope();
        var accounts = scope.ServiceProvider.GetRequiredService<AccountService>();
        var made = await accounts.CreateAsync($"{name}@example.org", name, role, "correct horse battery");
        Assert.Null(made.Error);
        return (await accounts.ListAsync(Cancellation)).Single(a => a.DisplayName == name).Id;
    }

    /// <summary>Calls a service that lives as long as a request.</summary>
    public async Task<TResult> WithAsync<TService, TResult>(Func<TService, Task<TResult>> call)
        where TService : notnull
    {
        await using var scope = _services.CreateAsyncScope();
        return await call(scope.ServiceProvider.GetRequiredService<TService>());
    }

    /// <summary>The next image of a reader, leased.</summary>
    public async Task<Guid> NextAsync(string reader) => (await Labelling.OpenAsync(ProjectId, reader, 1, Cancellation)).Images[0].Id;

    /// <summary>Answers the reader's next image.</summary>
    public async Task<Guid> AnswerNextAsync(string reader, AnswerKind kind = AnswerKind.Label, int? classIndex = 0)
    {
        var image = await NextAsync(reader);
        Assert.Null((await AnswerAsync(reader, image, kind, classIndex)).Error);
        return image;
    }

    public Task<Result> AnswerAsync(string reader, Guid image, AnswerKind kind = AnswerKind.Label, int? classIndex = 0, Guid? clientKey = null) =>
        Labelling.AnswerAsync(
            new AnswerRequest(ProjectId, image, reader, kind, kind == AnswerKind.Label ? classIndex : null, 800, clientKey ?? Guid.NewGuid()), Cancellation);

    /// <summary>Labels the next images of a reader, classes in turn.</summary>
    public async Task LabelAsync(string reader, int count)
    {
        for (var i = 0; i < count; i++)
        {
            await AnswerNextAsync(reader, classIndex: i % 2);
        }
    }

    public async ValueTask DisposeAsync()
    {
        var (storage, scheduler) = (Storage, await Get<ISchedulerFactory>().GetScheduler());
        await scheduler.Shutdown();
        await _services.DisposeAsync();
        storage.CloseDatabases();
        _folder.Dispose();
    }

    private static async Task<byte[]> MigrateAsync()
    {
        await using var workplace = new Workplace(_ => { }, allow: "", root: null, minimumFree: 0);
        await workplace.Get<DatabaseStarter>().StartAsync();
        await using (var db = workplace.Open())
        {
            // What is still in the write-ahead log belongs into the file.
            await db.Database.ExecuteSqlRawAsync("PRAGMA wal_checkpoint(TRUNCATE)");
        }

        await using var file = new FileStream(workplace.Storage.DatabaseFile, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        var bytes = new byte[file.Length];
        await file.ReadExactlyAsync(bytes);
        return bytes;
    }
}
