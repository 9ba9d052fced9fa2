using System.Diagnostics;
using System.IO.Compression;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Cli.Commands;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// Images a second that an import brings into an empty project on disk: read and unpacked, hashed, decoded and checked, stored, and their rows
/// written, all of it as the worker does it. Of the data set named, or of drawn cells of 128 px; of as many as are asked for, by their pixels
/// again and again in files that differ. Leave five minutes between two runs: ext4 steps over each inode that was freed in the last minutes, and
/// a second run at once after the first measures little else.
/// </summary>
internal static class ImportBenchmark
{
    private const int Drawn = 4000;

    private const int ImagesOfAPatient = 200;

    public static async Task<object> RunAsync(string? data, int? wanted)
    {
        var folder = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            if (data is null)
            {
                data = Path.Combine(folder, "cells");
                DemoDataset.Write(data, Drawn, seed: 1);
            }

            if (wanted is { } count)
            {
                data = Repeat(data, count, Path.Combine(folder, "cells.zip"));
                ForgetPeakMemory();
            }

            await using var services = await ImportCommand.OpenAsync(Path.Combine(folder, "storage"), CancellationToken.None);
            var project = (await services.GetRequiredService<ProjectService>().CreateAsync("Cells", "")).Value;
            var request = ImportRequest.Of(project, data, ImportService.DefaultPatientPattern, "benchmark", site: null);
            var clock = Stopwatch.StartNew();
            var id = (await services.GetRequiredService<ImportService>().EnterAsync(request)).Value;
            await services.GetRequiredService<ImportRunner>().RunAsync(id, CancellationToken.None);
            var seconds = clock.Elapsed.TotalSeconds;
            await using var db = await services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync();
            if (await db.Imports.Where(i => i.State != ImportState.Completed).Select(i => i.Error).FirstOrDefaultAsync() is { } error)
            {
                throw new InvalidOperationException(error);
            }

            var images = await db.Images.CountAsync();
            return new { Images = images, Seconds = seconds, ImagesPerSecond = images / seconds, PeakMemoryMB = Process.GetCurrentProcess().PeakWorkingSet64 / 1e6 };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>A zip of so many pictures, those of a data set over and over, no two of the same bytes, of 200 a patient.</summary>
    private static string Repeat(string data, int count, string path)
    {
        using var source = DatasetSource.Open(data);
        SourceFile[] pictures = [.. source.Files];
        using var archive = ZipFile.Open(path, ZipArchiveMode.Create);
        for (var i = 0; i < count; i++)
        {
            // By steps of a prime, so that few pictures too are of all classes.
            var picture = pictures[i * 7919L % pictures.Length];
            using var entry = archive.CreateEntry($"{picture.ClassName}/P{i / ImagesOfAPatient}_cell_{i}.png", CompressionLevel.NoCompression).Open();

            // What follows the end of a PNG is no part of its picture.
            entry.Write([.. picture.Read(), .. BitConverter.GetBytes(i)]);
        }

        return path;
    }

    /// <summary>Lets the peak be that of the import alone. Only Linux can do that.</summary>
    private static void ForgetPeakMemory()
    {
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        if (OperatingSystem.IsLinux())
        {
            File.WriteAllText("/proc/self/clear_refs", "5");
        }
    }
}
