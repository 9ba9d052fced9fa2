using System.CommandLine;
using System.Diagnostics;
using SafeMedLabel.Application.Backups;
using SafeMedLabel.Application.Persistence;
using SafeMedLabel.Cli.Output;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed backup</c>: a server's storage in one file, while the server runs.</summary>
internal static class BackupCommand
{
    public static Command Create()
    {
        var storage = CommonOptions.Storage();
        var output = new Option<string>("--out") { Description = "The file to make.", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace a file of that name once the new one is whole." };
        var command = new Command("backup", "Back a server's storage up into one file, be it running or not.") { storage, output, force };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            var clock = Stopwatch.StartNew();
            var file = parsed.GetRequiredValue(output);
            var backup = new StorageBackup(new StorageOptions { Root = parsed.GetRequiredValue(storage) }, Software.Version, TimeProvider.System);
            var manifest = await CommandRunner.WithProgress("Backing up", report =>
                backup.Write(file, parsed.GetValue(force), new CommonOptions.Reporter(part => report(part, "")), cancellationToken));
            if (manifest.Missing.Count > 0)
            {
                CommandRunner.Say($"The storage has lost or damaged {manifest.Missing.Count:N0} files that its database names; the backup holds all others. The first: {manifest.Missing[0]}.");
            }

            var (counts, bytes) = (manifest.Counts, new FileInfo(file).Length);
            runner.Print(
                new { counts.Projects, counts.Images, counts.Labels, counts.Models, Missing = manifest.Missing.Count, Bytes = bytes, Seconds = clock.Elapsed.TotalSeconds },
                console => console.MarkupLineInterpolated(
                    $"Backed up: {Show(counts)}; {bytes >> 20:N0} MiB in {clock.Elapsed.TotalSeconds:0.0} s. Keep {file} as you keep patients' pictures and keys."));
        });
        return command;
    }

    /// <summary>How much a backup holds, in words.</summary>
    internal static string Show(BackupCounts counts) => $"projects {counts.Projects:N0}, images {counts.Images:N0}, labels {counts.Labels:N0}, models {counts.Models:N0}";
}
