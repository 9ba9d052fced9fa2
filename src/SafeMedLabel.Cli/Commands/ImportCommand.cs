using System.CommandLine;
using System.Diagnostics;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Cli.Output;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed import</c>: images into a project of a server's storage, as the import page does it.</summary>
internal static class ImportCommand
{
    /// <summary>Who imported what nobody signed in for.</summary>
    private const string Requester = "safemed import";

    private static readonly TimeSpan Between = TimeSpan.FromSeconds(0.5);

    public static Command Create()
    {
        var source = new Argument<string>("source") { Description = "Folder or zip with one folder per class or a manifest.csv, a manifest beside its images, or the address of such a zip." };
        var hash = new Option<string?>("--sha256") { Description = "What the SHA-256 of a zip that is fetched must be." };
        var storage = CommonOptions.Storage();
        var project = new Option<string>("--project") { Description = "The project's name or number.", Required = true };
        var create = new Option<bool>("--create") { Description = "Make the project where there is none of that name." };
        var pattern = new Option<string>("--patient-pattern")
        {
            Description = "Regular expression with a group 'patient', for file names.",
            DefaultValueFactory = _ => ImportService.DefaultPatientPattern,
        };
        var site = new Option<string?>("--site") { Description = "Where the images were taken, for those of which a manifest does not say." };
        var patchSize = new Option<int?>("--patch-size") { Description = "Cut larger pictures, such as whole slides in TIFF, into patches of so many pixels a side." };
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would go in." };
        var command = new Command("import", "Bring images into a project, in the storage of a server, be it running or not.") { source, hash, storage, project, create, pattern, site, patchSize, dryRun };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            if (parsed.GetValue(create) && parsed.GetValue(dryRun))
            {
                throw new ArgumentException("A dry run makes no project: leave out --create or --dry-run.");
            }

            await using var services = await OpenAsync(parsed.GetRequiredValue(storage), cancellationToken);
            var projectId = await ProjectAsync(services.GetRequiredService<ProjectService>(), parsed.GetRequiredValue(project), parsed.GetValue(create), cancellationToken);
            var clock = Stopwatch.StartNew();
            var request = ImportRequest.Of(projectId, parsed.GetRequiredValue(source), parsed.GetRequiredValue(pattern), Requester, parsed.GetValue(site));
            var import = await RunAsync(services, request with { IsDryRun = parsed.GetValue(dryRun), PatchSize = parsed.GetValue(patchSize), Sha256 = parsed.GetValue(hash) }, cancellationToken);
            var summary = await SummaryAsync(services, import, clock.Elapsed, cancellationToken);
            runner.Print(summary, console => Show(console, summary));
        });
        return command;
    }

    /// <summary>Opens a storage, made where there is none, with what an import takes.</summary>
    internal static async Task<ServiceProvider> OpenAsync(string storage, CancellationToken cancellationToken)
    {
        // What the environment says of addresses and room holds here as it does for the server's worker, which may have to go on with an import.
        var configuration = new ConfigurationBuilder().AddEnvironmentVariables()
            .AddInMemoryCollection(new Dictionary<string, string?> { [$"{StorageOptions.Section}:Root"] = storage }).Build();
        var services = new ServiceCollection().AddLogging().AddSafeMedLabelApplication(configuration, CommonOptions.Migrations).BuildServiceProvider();
        await services.GetRequiredService<DatabaseStarter>().StartAsync(cancellationToken);
        return services;
    }

    private static async Task<int> ProjectAsync(ProjectService projects, string name, bool create, CancellationToken cancellationToken)
    {
        if (await projects.FindAsync(name, cancellationToken) is { } found)
        {
            return found;
        }

        if (!create)
        {
            throw new ArgumentException($"There is no project '{name}' in this storage; --create makes it.");
        }

        var made = await projects.CreateAsync(name, "", cancellationToken);
        return made.Succeeded ? made.Value : throw new ArgumentException(made.Error);
    }

    /// <summary>Runs an import to its end. One that is interrupted stays in the storage, and the server's worker goes on with it.</summary>
    /// <exception cref="DatasetException">It failed, or somebody cancelled it.</exception>
    private static async Task<DatasetImport> RunAsync(ServiceProvider services, ImportRequest request, CancellationToken cancellationToken)
    {
        var imports = services.GetRequiredService<ImportService>();
        var entered = await imports.EnterAsync(request, cancellationToken);
        if (!entered.Succeeded)
        {
            throw new DatasetException(entered.Error!);
        }

        var import = await CommandRunner.WithProgress("Importing", report =>
        {
            var running = services.GetRequiredService<ImportRunner>().RunAsync(entered.Value, cancellationToken);
            while (!running.Wait(Between, CancellationToken.None))
            {
                if (imports.GetAsync(entered.Value, CancellationToken.None).GetAwaiter().GetResult() is { Total: > 0 } now)
                {
                    report((double)now.Processed / now.Total, "");
                }
            }

            return imports.GetAsync(entered.Value, CancellationToken.None).GetAwaiter().GetResult()!;
        });
        cancellationToken.ThrowIfCancellationRequested();
        return import.State switch
        {
            ImportState.Failed => throw new DatasetException(import.Error!),
            ImportState.Cancelled => throw new DatasetException("Somebody cancelled this import; nothing of it stays."),
            _ => import,
        };
    }

    private static async Task<Summary> SummaryAsync(ServiceProvider services, DatasetImport import, TimeSpan time, CancellationToken cancellationToken)
    {
        await using var db = await services.GetRequiredService<IDbContextFactory<AppDbContext>>().CreateDbContextAsync(cancellationToken);
        var rejected = await db.ImportIssues.Where(i => i.ImportId == import.Id && !i.IsConflict).OrderBy(i => i.Path).Select(i => new Rejected(i.Path, i.Reason)).ToListAsync(cancellationToken);
        var patients = import.Plan?.Patients ?? await db.Images.Where(i => i.ImportId == import.Id).Select(i => i.Patient).Distinct().CountAsync(cancellationToken);
        return new Summary(import.IsDryRun, import.Added, import.Duplicates, import.Conflicts, rejected, patients, import.WithoutPatient, import.Readings, import.PicturesCut, import.BlankPatches, time.TotalSeconds, import.Total / time.TotalSeconds, import.Remarks ?? [], import.Plan);
    }

    private static void Show(IAnsiConsole console, Summary summary)
    {
        console.MarkupLineInterpolated($"{(summary.DryRun ? "Would go in" : "Imported")}: {summary.Imported:N0} images of {summary.Patients:N0} patients, in {summary.Seconds:0.0} s");
        foreach (var group in summary.Plan is { } plan ? plan.Classes.Concat(plan.Splits) : [])
        {
            console.MarkupLineInterpolated($"  {group.Name}: {group.Images:N0} images of {group.Patients:N0} patients");
        }

        if (summary.Plan?.NearDuplicates is { Count: > 0 } near)
        {
            console.MarkupLineInterpolated($"Pairs of near duplicates: {near.Count:N0}, of them on two sides of the split: {near.Across:N0}.");
        }

        console.MarkupLineInterpolated($"Already there: {summary.Duplicates:N0}. In conflict: {summary.Conflicts:N0}. Left out: {summary.Rejected.Count:N0}.");
        if (summary.PicturesCut > 0)
        {
            console.MarkupLineInterpolated($"Pictures cut into patches: {summary.PicturesCut:N0}. Patches with nothing on them, left out: {summary.BlankPatches:N0}.");
        }

        if (summary.Readings > 0)
        {
            console.MarkupLineInterpolated($"Readers' answers that come along: {summary.Readings:N0}.");
        }

        if (summary.WithoutPatient > 0)
        {
            console.MarkupLineInterpolated($"Nothing tells the patient of {summary.WithoutPatient:N0} images; they count as one.");
        }

        foreach (var remark in summary.Remarks)
        {
            console.MarkupLineInterpolated($"Remark: {remark}");
        }

        foreach (var (file, reason) in summary.Rejected)
        {
            CommandRunner.Say($"left out {file}: {reason}");
        }
    }

    private sealed record Rejected(string File, string Reason);

    private sealed record Summary(
        bool DryRun, int Imported, int Duplicates, int Conflicts, IReadOnlyList<Rejected> Rejected, int Patients, int WithoutPatient, int Readings, int PicturesCut, int BlankPatches, double Seconds, double ImagesPerSecond, IReadOnlyList<string> Remarks, ImportPlan? Plan);
}
