using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Datasets.Demo;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Cli.Commands;

namespace SafeMedLabel.Benchmarks;

/// <summary>
/// Images a second that an import brings into an empty project on disk: read and unpacked, hashed, decoded and checked, stored, and their rows
/// written, all of it as the worker does it. Of the data set named, or of drawn cells of 128 px.
/// </summary>
internal static class ImportBenchmark
{
    private const int Drawn = 4000;

    public static async Task<object> RunAsync(string? data)
    {
        var folder = Directory.CreateTempSubdirectory("safemed-benchmark-").FullName;
        try
        {
            if (data is null)
            {
                data = Path.Combine(folder, "cells");
                DemoDataset.Write(data, Drawn, seed: 1);
            }

            await using var services = await ImportCommand.OpenAsync(Path.Combine(folder, "storage"), CancellationToken.None);
            var project = (await services.GetRequiredService<ProjectService>().CreateAsync("Cells", "")).Value;
            var request = ImportRequest.Of(project, data, ImportService.DefaultPatientPattern, "benchmark", site: null);
            var clock = Stopwatch.StartNew();
            var id = (await services.GetRequiredService<ImportService>().EnterAsync(request)).Value;
            await services.GetRequiredService<ImportRunner>().RunAsync(id, CancellationToken.None);
            var seconds = clock.Elapsed.TotalSeconds;
            await using var db = await services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync();
            var images = await db.Images.CountAsync();
            return new { Images = images, Seconds = seconds, ImagesPerSecond = images / seconds, PeakMemoryMB = Process.GetCurrentProcess().PeakWorkingSet64 / 1e6 };
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
