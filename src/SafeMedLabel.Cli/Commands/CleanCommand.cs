using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Cleaning;
using SafeMedLabel.Cli.Output;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed clean</c>: takes files out of a server's storage that nobody needs, as the worker does each night.</summary>
internal static class CleanCommand
{
    public static Command Create()
    {
        var storage = CommonOptions.Storage();
        var dryRun = new Option<bool>("--dry-run") { Description = "Only say what would be taken out." };
        const string Help = "Take files out of a server's storage that nobody needs, be it running or not. The worker does it each night.";
        var command = new Command("clean", Help) { storage, dryRun };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            await using var services = await CommonOptions.OpenStorageAsync(parsed.GetRequiredValue(storage), cancellationToken);
            var isDryRun = parsed.GetValue(dryRun);
            var report = await services.GetRequiredService<StorageCleaner>().CleanAsync(isDryRun, cancellationToken);
            if (report.IsHeld)
            {
                CommandRunner.Say("A backup is reading the storage: content was left as it is; clean once more when it has ended.");
            }

            runner.Print(new { DryRun = isDryRun, report.Files, report.Bytes, report.Counts }, console => Show(console, report, isDryRun));
        });
        return command;
    }

    private static void Show(IAnsiConsole console, CleaningReport report, bool isDryRun)
    {
        console.MarkupLineInterpolated($"{(isDryRun ? "Would be taken out" : "Taken out")}: {report.Files:N0} files, {report.Bytes:N0} bytes");
        foreach (var count in report.Counts)
        {
            console.MarkupLineInterpolated($"  {count.Kind}: {count.Files:N0} files, {count.Bytes:N0} bytes");
        }
    }
}
