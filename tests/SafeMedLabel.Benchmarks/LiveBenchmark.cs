using System.Diagnostics;
using System.Security.Cryptography;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Live;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Cli.Commands;
using SafeMedLabel.Cli.Worker;
using SafeMedLabel.Core.Acquisition;
using SafeMedLabel.Core.Splitting;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// The time from the label that makes a queue due to its new order, as readers have it: the worker's lane on a real database and a real file of
/// features. Reading features is measured on drawn cells, from the stored files on; the other images have random features, which take as long to rank.
/// </summary>
internal static class LiveBenchmark
{
    private const int UsualImages = 25_000;
    private const int Read = 4096;
    private const int Size = 64;
    private const int LabelsARanking = 10;
    private const int Rankings = 5;
    private const int Chunk = 10_000;
    private const string Reader = "reader";

    /// <param name="images">Images of the pool and of the validation patients together.</param>
    public static async Task<object> RunAsync(int? images)
    {
        var folder = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            await using var provider = await ImportCommand.OpenAsync(folder, CancellationToken.None);
            return await RunAsync(provider, images ?? UsualImages);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<object> RunAsync(ServiceProvider provider, int images)
    {
        var contexts = provider.GetRequiredService<IDbContextFactory<AppDbContext>>();
        var storage = provider.GetRequiredService<StorageOptions>();
        var learner = new LiveLearner();
        var data = ActivatorUtilities.CreateInstance<RoundDataReader>(provider);
        var reader = ActivatorUtilities.CreateInstance<LiveFeatureReader>(provider, data, learner);
        var ranker = ActivatorUtilities.CreateInstance<LiveRanker>(provider, learner, NullLogger<LiveRanker>.Instance);
        using var lane = ActivatorUtilities.CreateInstance<LiveLane>(provider, reader, ranker);
        var (projectId, importId) = await AddProjectAsync(contexts);
        await AddDrawnCellsAsync(contexts, provider.GetRequiredService<ContentStore>(), projectId, importId);
        var clock = Stopwatch.StartNew();
        while (await lane.LookAsync(CancellationToken.None))
        {
            // Until all are read.
        }

        var secondsForFeatures = clock.Elapsed.TotalSeconds;
        await AddOthersAsync(contexts, projectId, importId, images - Read);
        await AddFeaturesAsync(contexts, projectId, new FeatureFile(storage.ProjectFolder(projectId), Size, learner.FirstBackbone));
        await lane.StartAsync(CancellationToken.None);
        var seconds = new List<double>();
        for (var i = 0; i < Rankings; i++)
        {
            seconds.Add(await RankAsync(contexts, provider.GetRequiredService<LabellingService>(), projectId));
        }

        await lane.StopAsync(CancellationToken.None);
        return new
        {
            Images = images,
            SecondsToRank = Math.Round(seconds.Order().ElementAt(Rankings / 2), 1),
            SecondsToRankAtMost = Math.Round(seconds.Max(), 1),
            ImagesRead = Read,
            SecondsForFeatures = Math.Round(secondsForFeatures, 1),
            ImagesPerSecondFeatures = Math.Round(Read / secondsForFeatures),
            PeakMemoryMB = Process.GetCurrentProcess().PeakWorkingSet64 >> 20,
        };
    }

    /// <summary>Labels as many images as make a ranking due, and waits for its order.</summary>
    private static async Task<double> RankAsync(IDbContextFactory<AppDbContext> contexts, LabellingService labelling, int projectId)
    {
        await using var db = await contexts.CreateDbContextAsync();
        var before = await CurrentAsync();
        for (var i = 0; i < LabelsARanking; i++)
        {
            var image = (await labelling.OpenAsync(projectId, Reader, 1)).Images[0].Id;
            await labelling.AnswerAsync(new AnswerRequest(projectId, image, Reader, AnswerKind.Label, i % 2, 1500, Guid.NewGuid()));
        }

        var clock = Stopwatch.StartNew();
        while (await CurrentAsync() == before)
        {
            await Task.Delay(20);
        }

        return clock.Elapsed.TotalSeconds;

        Task<int?> CurrentAsync() => db.LiveStates.Where(s => s.ProjectId == projectId).Select(s => s.RankingId).FirstOrDefaultAsync();
    }

    private static async Task<(int Project, int Import)> AddProjectAsync(IDbContextFactory<AppDbContext> contexts)
    {
        await using var db = await contexts.CreateDbContextAsync();
        var project = new Project
        {
            Name = "Live",
            ImageSize = Size,
            RerankAfterLabels = LabelsARanking,
            Classes = [new ProjectClass { Index = 0, Name = "A" }, new ProjectClass { Index = 1, Name = "B" }],
        };
        db.Projects.Add(project);
        await db.SaveChangesAsync();
        var import = new DatasetImport { ProjectId = project.Id, SourcePath = "", SourceName = "", PatientPattern = "", RequestedById = "", State = ImportState.Completed };
        db.Imports.Add(import);
        await db.SaveChangesAsync();
        return (project.Id, import.Id);
    }

    private static async Task AddDrawnCellsAsync(IDbContextFactory<AppDbContext> contexts, ContentStore store, int projectId, int importId)
    {
        var cells = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            DemoDataset.Write(cells, Read, seed: 1);
            await using var db = await contexts.CreateDbContextAsync();
            db.Images.AddRange(Directory.EnumerateFiles(cells, "*.png", SearchOption.AllDirectories).Index().Select(file => new ProjectImage
            {
                Id = Guid.NewGuid(),
                ProjectId = projectId,
                ImportId = importId,
                ContentHash = store.Put(File.ReadAllBytes(file.Item)),
                SourcePath = "x.png",
                Patient = "P",
                Split = file.Index % 10 == 0 ? DataSplit.Validation : DataSplit.Training,
                ReferenceClass = file.Index % 2,
            }));
            await db.SaveChangesAsync();
        }
        finally
        {
            Directory.Delete(cells, recursive: true);
        }
    }

    private static async Task AddOthersAsync(IDbContextFactory<AppDbContext> contexts, int projectId, int importId, int count)
    {
        await using var db = await contexts.CreateDbContextAsync();
        db.Database.SetCommandTimeout(TimeSpan.FromMinutes(10));
        await db.Database.ExecuteSqlAsync($"""
            WITH RECURSIVE Numbers(N) AS (SELECT 0 UNION ALL SELECT N + 1 FROM Numbers WHERE N < {count - 1})
            INSERT INTO Images (Id, ProjectId, ImportId, ContentHash, SourcePath, Patient, Split, ReferenceClass, Width, Height, QueueRank, ReadingsWanted, ReadingsGiven, ReadingsTaken)
            SELECT upper(printf('%s-%s-%s-%s-%s', hex(randomblob(4)), hex(randomblob(2)), hex(randomblob(2)), hex(randomblob(2)), hex(randomblob(6)))),
                   {projectId}, {importId}, lower(hex(randomblob(32))), 'x.png', 'P' || (N / 100), CASE N % 10 WHEN 0 THEN 'Validation' ELSE 'Training' END, N % 2, 128, 128, {ProjectImage.Unranked}, 1, 0, 0
            FROM Numbers
            """);
    }

    private static async Task AddFeaturesAsync(IDbContextFactory<AppDbContext> contexts, int projectId, FeatureFile file)
    {
        var known = file.ReadRows();
        await using var db = await contexts.CreateDbContextAsync();
        var hashes = await db.Images.Where(i => i.ProjectId == projectId).OrderBy(i => i.ContentHash).Select(i => i.ContentHash).ToListAsync();
        // Halves between 0 and 2, whatever their lower bits are.
        var random = RandomNumberGenerator.GetBytes(Chunk * ImageFeatures.Bytes);
        for (var i = 1; i < random.Length; i += 2)
        {
            random[i] &= 0x3F;
        }

        foreach (var chunk in hashes.Where(hash => !known.ContainsKey(ContentStore.KeyOf(hash))).Chunk(Chunk))
        {
            Random.Shared.Shuffle(chunk);
            file.Append(chunk, random[..(chunk.Length * ImageFeatures.Bytes)]);
        }
    }
}
