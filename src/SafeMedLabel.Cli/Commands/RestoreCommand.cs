using System.CommandLine;
using System.Diagnostics;
using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Cli.Output;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed restore</c>: a backup becomes a storage for a server to start on.</summary>
internal static class RestoreCommand
{
    public static Command Create()
    {
        var file = new Argument<string>("file") { Description = "What 'safemed backup' made." };
        var storage = CommonOptions.Storage();
        var command = new Command("restore", "Make a storage of a backup, in a folder that is empty or not there.") { file, storage };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            var clock = Stopwatch.StartNew();
            var restored = new StorageOptions { Root = parsed.GetRequiredValue(storage) };
            var manifest = await CommandRunner.WithProgress("Restoring", report =>
                new StorageRestore(restored, CommonOptions.Migrations).Read(parsed.GetRequiredValue(file), new CommonOptions.Reporter(part => report(part, "")), cancellationToken));
            if (manifest.Missing.Count > 0)
            {
                CommandRunner.Say($"{manifest.Missing.Count:N0} files were lost or damaged already when the backup was made. The first: {manifest.Missing[0]}.");
            }

            var counts = manifest.Counts;
            runner.Print(
                new { counts.Projects, counts.Images, counts.Labels, counts.Models, Missing = manifest.Missing.Count, manifest.MadeUtc, manifest.Software, Seconds = clock.Elapsed.TotalSeconds },
                console => console.MarkupLineInterpolated(
                    $"Restored, as of {manifest.MadeUtc:u}: {BackupCommand.Show(counts)}; in {restored.FullRoot}, in {clock.Elapsed.TotalSeconds:0.0} s."));
        });
        return command;
    }
}
