using System.CommandLine;
using Microsoft.Extensions.DependencyInjection;
using SafeMedLabel.Application.Datasets;
using SafeMedLabel.Cli.Output;
using Spectre.Console;

namespace SafeMedLabel.Cli.Commands;

/// <summary><c>safemed leaks</c>: whether a patient, or nearly the same picture, is on two sides of a project's split.</summary>
internal static class LeaksCommand
{
    public static Command Create()
    {
        var storage = CommonOptions.Storage();
        var project = new Option<string>("--project") { Description = "The project's name or number.", Required = true };
        var command = new Command("leaks", "Look for patients and pictures on two sides of a project's split; the exit code is 1 where there are any.") { storage, project };
        CommandRunner.SetAction(command, async (parsed, runner, cancellationToken) =>
        {
            var folder = parsed.GetRequiredValue(storage);
            if (!Directory.Exists(folder))
            {
                throw new ArgumentException($"There is no storage at '{folder}'.");
            }

            await using var services = await ImportCommand.OpenAsync(folder, cancellationToken);
            var id = await CommonOptions.FindProjectAsync(services, parsed.GetRequiredValue(project), cancellationToken);
            var report = await services.GetRequiredService<LeakService>().ReadAsync(id, cancellationToken);
            runner.Print(Summary(report), console => Show(console, report));
            if (!report.IsClean)
            {
                throw new DatasetException("The split leaks.");
            }
        });
        return command;
    }

    private static object Summary(LeakReport report) => new
    {
        report.IsClean,
        report.Images,
        report.Patients,
        report.NotCompared,
        report.IsComplete,
        Parted = report.Parted.Select(p => new { p.Patient, Splits = p.Splits.Select(s => s.ToString()) }),
        NearDuplicates = report.NearDuplicates.Select(p => new { p.IsAcross, First = Named(p.First), Second = Named(p.Second), p.Difference }),
    };

    private static object Named(ComparedImage image) => new { image.Id, image.SourcePath, image.Patient, Split = image.Split.ToString() };

    private static void Show(IAnsiConsole console, LeakReport report)
    {
        console.MarkupLineInterpolated($"Compared: {report.Images - report.NotCompared:N0} of {report.Images:N0} images, of {report.Patients:N0} patients{(report.IsComplete ? "" : "; so many are alike that not all pairs were looked at")}.");
        foreach (var (patient, splits) in report.Parted)
        {
            console.MarkupLineInterpolated($"Patient {patient} is on {splits.Count} sides: {string.Join(", ", splits)}");
        }

        foreach (var pair in report.NearDuplicates)
        {
            console.MarkupLineInterpolated($"{(pair.IsAcross ? "On two sides" : "Within a side")}: {Name(pair.First)} and {Name(pair.Second)}, different by {pair.Difference:0.0} of 255");
        }

        console.MarkupLineInterpolated($"Patients on two sides: {report.Parted.Count:N0}. Near duplicates on two sides: {report.Across.Count():N0}, within a side: {report.NearDuplicates.Count - report.Across.Count():N0}.");
    }

    private static string Name(ComparedImage image) => $"{image.SourcePath} ({image.Patient}, {image.Split})";
}
