using System.Collections.Concurrent;
using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Application.Rounds;
using SafeMedLabel.Cli.Commands;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// A pool of 1,000,000 images and 200 readers at once, at the service that the labelling page calls. Each reader holds four images, as the
/// page does, answers one about every three seconds, and asks for the next; every twentieth answer is sent twice, as after a lost
/// connection. What is in the database at the end is counted against what the readers were told. Times are of a server that has been
/// running for a while; what is counted is of all of it. Then they go on reading while a round gives the pool a new order.
/// </summary>
internal static class QueueBenchmark
{
    private const int Images = 1_000_000;
    private const int Readers = 200;
    private const int Held = 4;
    private static readonly TimeSpan Thinking = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan Duration = TimeSpan.FromSeconds(70);
    private static readonly TimeSpan DurationWhileRanking = TimeSpan.FromSeconds(40);

    public static async Task<object> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            await using var provider = await ImportCommand.OpenAsync(folder, CancellationToken.None);
            var contexts = provider.GetRequiredService<IDbContextFactory<AppDbContext>>();
            var projectId = await FillAsync(contexts);
            var quiet = new Run(provider.GetRequiredService<LabellingService>(), projectId, Duration);
            await quiet.ReadAsync();
            using var enough = new CancellationTokenSource();
            var ranking = RankAsync(contexts, projectId, enough.Token);
            var busy = new Run(provider.GetRequiredService<LabellingService>(), projectId, DurationWhileRanking);
            await busy.ReadAsync();
            await enough.CancelAsync();
            var ranked = await ranking;
            return await quiet.CountAsync(contexts, busy, ranked);
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>As a round does at its end; returns how many images it came to.</summary>
    private static async Task<int> RankAsync(IDbContextFactory<AppDbContext> contexts, int projectId, CancellationToken enough)
    {
        await using var db = await contexts.CreateDbContextAsync(CancellationToken.None);
        var images = await db.Images.OrderBy(i => i.ContentHash).Select(i => i.Id).ToListAsync(CancellationToken.None);
        var ranking = images.Select(id => (new ModelOpinion { ImageId = id, ProjectId = projectId, RoundId = 1, Probability = 0.5, Passes = new byte[50], Likeness = new byte[16] }, 0.1)).ToList();
        try
        {
            await new QueueRanking(contexts, TimeProvider.System).WriteAsync(projectId, roundId: 1, ranking, enough);
        }
        catch (OperationCanceledException)
        {
            // What it has come to is counted.
        }

        return await db.ModelOpinions.CountAsync(CancellationToken.None);
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

    private sealed class Run(LabellingService labelling, int projectId, TimeSpan duration)
    {
        private readonly ConcurrentBag<double> _next = [];
        private readonly ConcurrentBag<double> _commits = [];
        private readonly ConcurrentDictionary<Guid, string> _holders = [];
        private readonly ConcurrentDictionary<Guid, Guid> _acknowledged = [];
        private readonly Stopwatch _clock = Stopwatch.StartNew();
        private readonly TimeSpan _duration = duration;
        private int _doubleLeases;
        private int _refused;

        public Task ReadAsync() => Task.WhenAll(Enumerable.Range(0, Readers).Select(reader => Task.Run(() => ReadAsync($"reader-{reader}", seed: reader))));

        private async Task ReadAsync(string reader, int seed)
        {
            var random = new Random(seed);
            await Task.Delay(Thinking * random.NextDouble());
            while (_clock.Elapsed < _duration)
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

        /// <summary>What both runs were told, against what is in the database.</summary>
        public async Task<object> CountAsync(IDbContextFactory<AppDbContext> contexts, Run whileRanking, int ranked)
        {
            Guid[] told = [.. _acknowledged.Keys, .. whileRanking._acknowledged.Keys];
            await using var db = await contexts.CreateDbContextAsync();
            var stored = await db.LabelEvents.Select(e => new { e.ClientKey, e.ImageId }).ToListAsync();
            var keys = stored.Select(e => e.ClientKey).ToHashSet();
            return new
            {
                Images = await db.Images.CountAsync(),
                Readers,
                Answers = _acknowledged.Count,
                AnswersPerSecond = Math.Round(_acknowledged.Count / _duration.TotalSeconds),
                NextItemP50Ms = Times.Percentile(_next, 0.50),
                NextItemP95Ms = Times.Percentile(_next, 0.95),
                CommitP50Ms = Times.Percentile(_commits, 0.50),
                CommitP95Ms = Times.Percentile(_commits, 0.95),
                DoubleLeases = _doubleLeases + whileRanking._doubleLeases,
                Refused = _refused + whileRanking._refused,
                LostLabels = told.Count(key => !keys.Contains(key)),
                DoubledLabels = stored.Count - stored.Select(e => e.ImageId).Distinct().Count(),
                RankedPerSecond = Math.Round(ranked / whileRanking._duration.TotalSeconds),
                NextItemP95MsWhileRanking = Times.Percentile(whileRanking._next, 0.95),
                CommitP95MsWhileRanking = Times.Percentile(whileRanking._commits, 0.95),
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
