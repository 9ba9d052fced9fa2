using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// A pool of 1,000,000 images and 200 readers at once, at the service that the labelling page calls. Each reader holds four images, as the
/// page does, answers one about every three seconds, and asks for the next; every twentieth answer is sent twice, as after a lost
/// connection. What is in the database at the end is counted against what the readers were told. Times are of a server that has been
/// running for a while; what is counted is of all of it.
/// </summary>
internal static class QueueBenchmark
{
    private const int Images = 1_000_000;
    private const int Readers = 200;
    private const int Held = 4;
    private static readonly TimeSpan Thinking = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(70);

    public static async Task<object> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            var settings = new Dictionary<string, string?> { [$"{StorageOptions.Section}:{nameof(StorageOptions.Root)}"] = folder };
            var services = new ServiceCollection().AddLogging();
            services.AddSafeMedLabelApplication(new ConfigurationBuilder().AddInMemoryCollection(settings).Build(), "SafeMedLabel.Migrations.Sqlite");
            await using var provider = services.BuildServiceProvider();
            await provider.GetRequiredService<DatabaseStarter>().StartAsync();
            var contexts = provider.GetRequiredService<IDbContextFactory<AppDbContext>>();
            var projectId = await FillAsync(contexts);
            var run = new Run(provider.GetRequiredService<LabellingService>(), projectId);
            await Task.WhenAll(Enumerable.Range(0, Readers).Select(reader => Task.Run(() => run.ReadAsync($"reader-{reader}", seed: reader))));
            return await run.CountAsync(contexts);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A project as after a round: every image ranked, in an order that is not that of their keys.</summary>
    private static async Task<int> FillAsync(IDbContextFactory<AppDbContext> contexts)
    {
        await using var db = await contexts.CreateDbContextAsync();
        var project = new Project { Name = "A million", QueueRoundId = 1, Classes = [new ProjectClass { Index = 0, Name = "A" }, new ProjectClass { Index = 1, Name = "B" }] };
        db.Projects.Add(project);
        await db.SaveChangesAsync();
        var import = new DatasetImport { ProjectId = project.Id, SourcePath = "", SourceName = "", PatientPattern = "", RequestedById = "", State = ImportState.Completed };
        db.Imports.Add(import);
        await db.SaveChangesAsync();
        await db.Database.ExecuteSqlAsync($"""
            WITH RECURSIVE Numbers(N) AS (SELECT 0 UNION ALL SELECT N + 1 FROM Numbers WHERE N < {Images - 1})
            INSERT INTO Images (Id, ProjectId, ImportId, ContentHash, SourcePath, Patient, Split, Width, Height, QueueRank, ReadingsWanted, ReadingsGiven, ReadingsTaken)
            SELECT upper(printf('%s-%s-%s-%s-%s', hex(randomblob(4)), hex(randomblob(2)), hex(randomblob(2)), hex(randomblob(2)), hex(randomblob(6)))),
                   {project.Id}, {import.Id}, lower(hex(randomblob(32))), 'x.png', 'P' || (N / 100), 'Training', 128, 128, (N * 611953) % 1000003, 1, 0, 0
            FROM Numbers
            """);
        return project.Id;
    }

    private sealed class Run(LabellingService labelling, int projectId)
    {
        private readonly ConcurrentBag<double> _next = [];
        private readonly ConcurrentBag<double> _commits = [];
        private readonly ConcurrentDictionary<Guid, string> _holders = [];
        private readonly ConcurrentDictionary<Guid, Guid> _acknowledged = [];
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private int _doubleLeases;
        private int _refused;

        public async Task ReadAsync(string reader, int seed)
        {
            var random = new Random(seed);
            await Task.Delay(Thinking * random.NextDouble());
            while (_clock.Elapsed < Duration)
            {
                var queue = await TimedAsync(_next, () => labelling.OpenAsync(projectId, reader, Held));
                foreach (var image in queue.Images)
                {
                    if (_holders.GetOrAdd(image.Id, reader) != reader)
                    {
                        Interlocked.Increment(ref _doubleLeases);
                    }
                }

                await Task.Delay(Thinking * (0.5 + random.NextDouble()));
                await AnswerAsync(reader, queue.Images[0].Id, random);
            }
        }

        public async Task<object> CountAsync(IDbContextFactory<AppDbContext> contexts)
        {
            await using var db = await contexts.CreateDbContextAsync();
            var stored = await db.LabelEvents.Select(e => new { e.ClientKey, e.ImageId }).ToListAsync();
            var keys = stored.Select(e => e.ClientKey).ToHashSet();
            return new
            {
                Images = await db.Images.CountAsync(),
                Readers,
                Answers = _acknowledged.Count,
                AnswersPerSecond = Math.Round(_acknowledged.Count / Duration.TotalSeconds),
                NextItemP50Ms = Times.Percentile(_next, 0.50),
                NextItemP95Ms = Times.Percentile(_next, 0.95),
                CommitP50Ms = Times.Percentile(_commits, 0.50),
                CommitP95Ms = Times.Percentile(_commits, 0.95),
                DoubleLeases = _doubleLeases,
                Refused = _refused,
                LostLabels = _acknowledged.Keys.Count(key => !keys.Contains(key)),
                DoubledLabels = stored.Count - stored.Select(e => e.ImageId).Distinct().Count(),
            };
        }

        private async Task AnswerAsync(string reader, Guid image, Random random)
        {
            var answer = new AnswerRequest(projectId, image, reader, AnswerKind.Label, random.Next(2), 1500, Guid.NewGuid());
            var stored = await TimedAsync(_commits, () => labelling.AnswerAsync(answer));
            if (!stored.Succeeded)
            {
                Interlocked.Increment(ref _refused);
                return;
            }

            _acknowledged[answer.ClientKey] = image;
            if (random.Next(20) == 0)
            {
                await labelling.AnswerAsync(answer);
            }
        }

        private async Task<T> TimedAsync<T>(ConcurrentBag<double> times, Func<Task<T>> work)
        {
            var started = Stopwatch.GetTimestamp();
            var result = await work();
            if (_clock.Elapsed > WarmUp)
            {
                times.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            return result;
        }
    }
}
