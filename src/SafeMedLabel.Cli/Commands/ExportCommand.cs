using System.CommandLine;
using System.Diagnostics;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Exports;
using SafeMedLabel.Cli.Output;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed export</c>: a project's labels, out of a server's storage into a file, as the export page does it.</summary>
internal static class ExportCommand
{
    private static readonly Dictionary<string, ExportFormat> Formats = new()
    {
        ["csv"] = ExportFormat.Csv,
        ["jsonl"] = ExportFormat.JsonLines,
        ["label-studio"] = ExportFormat.LabelStudio,
        ["coco"] = ExportFormat.Coco,
        ["parquet"] = ExportFormat.Parquet,
        ["folders"] = ExportFormat.Folders,
    };

    public static Command Create()
    {
        var storage = CommonOptions.Storage();
        var project = new Option<string>("--project") { Description = "The project's name or number.", Required = true };
        var format = new Option<string>("--format") { Description = $"{string.Join(", ", Formats.Keys)}.", DefaultValueFactory = _ => "csv" };
        format.AcceptOnlyFromAmong([.. Formats.Keys]);
        var pictures = new Option<bool>("--pictures") { Description = "Put the pictures beside the labels, into a zip that can be imported elsewhere." };
        var names = new Option<bool>("--reader-names") { Description = "Readers' names instead of pseudonyms." };
        var output = new Option<string>("--out") { Description = "The file to write; one that is there is replaced.", Required = true };
        var command = new Command("export", "Write a project's labels to a file.") { storage, project, format, pictures, names, output };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            await using var services = await CommonOptions.OpenStorageAsync(parsed.GetRequiredValue(storage), cancellationToken);
            var projectId = await CommonOptions.FindProjectAsync(services, parsed.GetRequiredValue(project), cancellationToken);
            var options = new ExportOptions(Formats[parsed.GetRequiredValue(format)], parsed.GetValue(pictures), parsed.GetValue(names));
            var clock = Stopwatch.StartNew();
            var summary = await CommandRunner.WithProgress("Exporting", report => services.GetRequiredService<DatasetExporter>()
                .WriteAsync(projectId, options, parsed.GetRequiredValue(output), new CommonOptions.Reporter(part => report(part, "")), cancellationToken).GetAwaiter().GetResult());
            runner.Print(
                new { summary.Images, summary.Readings, summary.Bytes, Seconds = clock.Elapsed.TotalSeconds },
                console => console.MarkupLineInterpolated($"Exported: {summary.Images:N0} images with {summary.Readings:N0} readings, {summary.Bytes:N0} bytes"));
        });
        return command;
    }
}
