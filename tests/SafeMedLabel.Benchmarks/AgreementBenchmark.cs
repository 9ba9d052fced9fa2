using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Labelling;
using SafeMedLabel.Application.Monitoring;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Cli.Commands;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// How long a lead waits for what compares readers, and an adjudicator for what they differ in: 100,000 images, each read by two of twelve readers
/// who err in one of twenty, of 500 images of known class too.
/// </summary>
internal static class AgreementBenchmark
{
    private const int Images = 100_000;
    private const int Gold = 500;
    private const int Runs = 7;

    public static async Task<object> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            await using var provider = await ImportCommand.OpenAsync(folder, CancellationToken.None);
            await using var db = await provider.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync();
            var projectId = await FillAsync(db);
            var report = await TimedAsync(async () => (await provider.GetRequiredService<ReaderReportService>().ReadAsync(projectId)).Pairs.Count);
            var disputed = await TimedAsync(async () => (await provider.GetRequiredService<AdjudicationService>().DisputedAsync(projectId)).Count);
            return new
            {
                Images,
                Answers = await db.Answers.CountAsync(),
                ReaderPairs = report.Found,
                ReaderReportMs = report.Median,
                DisputedImages = disputed.Found,
                DisputedMs = disputed.Median,
                PeakMemoryMB = Process.GetCurrentProcess().PeakWorkingSet64 / 1e6,
            };
        }
        finally
        {
            SqliteConnection.ClearAllPools();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> FillAsync(AppDbContext db)
    {
        var project = new Project { Name = "Agreement", ReadingsPerImage = 2, Classes = [new ProjectClass { Index = 0, Name = "A" }, new ProjectClass { Index = 1, Name = "B" }] };
        db.Projects.Add(project);
        await db.SaveChangesAsync();
        var import = new DatasetImport { ProjectId = project.Id, SourcePath = "", SourceName = "", PatientPattern = "", RequestedById = "", State = ImportState.Completed };
        db.Imports.Add(import);
        await db.SaveChangesAsync();
        await db.Database.ExecuteSqlAsync($"""
            WITH RECURSIVE Numbers(N) AS (SELECT 0 UNION ALL SELECT N + 1 FROM Numbers WHERE N < {Images - 1})
            INSERT INTO Images (Id, ProjectId, ImportId, ContentHash, SourcePath, Patient, Split, ReferenceClass, Width, Height, QueueRank, ReadingsWanted, ReadingsGiven, ReadingsTaken)
            SELECT upper(printf('%s-%s-%s-%s-%s', hex(randomblob(4)), hex(randomblob(2)), hex(randomblob(2)), hex(randomblob(2)), hex(randomblob(6)))),
                   {project.Id}, {import.Id}, lower(hex(randomblob(32))), 'x.png', 'P' || (N / 100), iif(N < {Gold}, 'Gold', 'Training'), iif(N < {Gold}, 0, NULL), 128, 128, N, 2, 2, 2
            FROM Numbers
            """);
        await db.Database.ExecuteSqlAsync($"""
            INSERT INTO LabelEvents (ProjectId, ImageId, ReaderId, Kind, ClassIndex, AtUtc, ElapsedMilliseconds, ClientKey, Reason, Aid)
            SELECT ProjectId, Id, 'reader-' || ((QueueRank + Turn * (1 + QueueRank % 3)) % 12), 'Label', abs(random()) % 20 = 0, '2026-01-01 00:00:00', 1500 + abs(random()) % 1000,
                   upper(printf('%s-%s-%s-%s-%s', hex(randomblob(4)), hex(randomblob(2)), hex(randomblob(2)), hex(randomblob(2)), hex(randomblob(6)))), 'Uncertain', 'Unaided'
            FROM Images, (SELECT 0 AS Turn UNION SELECT 1)
            """);
        await db.Database.ExecuteSqlAsync($"""
            INSERT INTO Answers (ProjectId, ImageId, ReaderId, Kind, ClassIndex, UnaidedClassIndex, EventId)
            SELECT ProjectId, ImageId, ReaderId, Kind, ClassIndex, ClassIndex, Id FROM LabelEvents
            """);
        return project.Id;
    }

    private static async Task<(int Found, double Median)> TimedAsync(Func<Task<int>> work)
    {
        var times = new List<double>();
        var found = 0;
        for (var run = 0; run < Runs; run++)
        {
            var clock = Stopwatch.StartNew();
            found = await work();
            times.Add(clock.Elapsed.TotalMilliseconds);
        }

        return (found, Times.Percentile(times, 0.5));
    }
}
